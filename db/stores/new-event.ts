import type { Trust } from '../../domain/facts';
import type { BrandId, SourceId, WorkspaceId } from '../../domain/ids';
import type { ReportedFact } from '../../domain/report/report-fields';

/** A fact reported from outside, translated out of its dialect and checked, with who reported it. */
export type NewEvent = ReportedFact & {
  readonly workspaceId: WorkspaceId;
  readonly brandId: BrandId;
  readonly sourceId: SourceId;
  readonly trust: Trust;
  readonly raw: RawReport;
  /** The signed message in which it was reported. */
  readonly message?: SignedMessage | null;
};

/** A message whose signature was verified: SHA-256 of its sender's id for it, and the path on which it came. */
export type SignedMessage = { readonly digest: Buffer; readonly path: string };

/** Personal data and the body as sent; kept apart so that it can expire. */
export type RawReport = {
  readonly body: unknown;
  readonly ip: string | null;
  readonly userAgent: string | null;
};
