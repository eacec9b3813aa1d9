import { sleep } from '@temporalio/workflow';
import type { ClickJourneyInput, ClickJourneyResult } from '../../workflows/click-journey/contract';
import { clickJourney as released } from '../../workflows/click-journey/workflow';

/** The journey with one innocent-looking line more and no patch: what the replay tests exist to catch. */
export async function clickJourney(input: ClickJourneyInput): Promise<ClickJourneyResult> {
  await sleep(1);
  return released(input);
}
