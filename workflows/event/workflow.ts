import { condition } from '@temporalio/workflow';
import { Deliveries } from '../deliveries';
import { assessAndSettle } from '../steps';
import type { EventInput } from './contract';

/** One event from assessment to the end of its deliveries; used when no journey and no player takes it. */
export async function event({ eventId }: EventInput): Promise<void> {
  const deliveries = new Deliveries();
  const settled = await assessAndSettle(eventId);
  deliveries.start(settled.postbackIds);
  await condition(() => deliveries.areDone);
}
