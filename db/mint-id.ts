import { v7 } from 'uuid';
import { type Id, type IdPrefix, idFromUuid } from '../domain/ids';

/** A new id whose UUID v7 carries `nowMs`: clicks are partitioned by it, so it must be the row's own time. */
export function mintId<P extends IdPrefix>(prefix: P, nowMs: number): Id<P> {
  return idFromUuid(prefix, v7({ msecs: nowMs }));
}
