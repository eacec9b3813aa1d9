import type { ClickId, WorkspaceId } from '../../domain/ids';
import type { Db } from '../knex';
import { type ClickJourney, readClickJourney } from './click-journeys';
import { readSnapshot } from './snapshot';
import { readClickTimeline } from './timeline';
import { sortTimeline, type TimelineEntry } from './timeline-entry';

export type ClickDetail = { readonly click: ClickJourney; readonly timeline: readonly TimelineEntry[] };

/**
 * One click of the workspace with everything that happened to it, or null. That its window ended unconverted is
 * computed from the clock: nothing has to run for a click to expire.
 */
export async function readClickDetail(
  db: Db,
  workspaceId: WorkspaceId,
  clickId: ClickId,
  nowMs: number,
): Promise<ClickDetail | null> {
  return readSnapshot(db, async (snapshot) => {
    const click = await readClickJourney(snapshot, workspaceId, clickId, nowMs);
    if (click === null) return null;
    const timeline = await readClickTimeline(snapshot, workspaceId, clickId);
    if (click.stage !== 'expired') return { click, timeline };
    return { click, timeline: sortTimeline([...timeline, { at: click.expiresAt, kind: 'expired' }]) };
  });
}
