import type { Scope } from '../../db/stores/api-key-store';
import type { ApiKeyId, SourceId, WorkspaceId } from '../../domain/ids';

/** Who is asking. Every query of a request is bound to `workspaceId`. */
export type Principal = {
  readonly workspaceId: WorkspaceId;
  /** Null when the request was authenticated by a source's signature instead of a key. */
  readonly keyId: ApiKeyId | null;
  readonly scopes: readonly Scope[];
  /** The source that the key is bound to. */
  readonly sourceId: SourceId | null;
  /** How the audit names the asker, e.g. `key:key_01…`. */
  readonly actor: string;
};
