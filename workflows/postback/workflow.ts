import { deliver } from '../steps';
import type { PostbackInput } from './contract';

/** One postback outside of its journey: a replay, a test, or a duty whose workflow was lost. */
export async function postback({ postbackId }: PostbackInput): Promise<void> {
  await deliver(postbackId);
}
