import { z } from 'zod';
import { type Api, UnexpectedAnswer } from './api';

/** A conversion that waits for a person, as far as the simulator reads it. */
const waitingReview = z.looseObject({
  conversionId: z.string(),
  revision: z.number(),
  event: z.string(),
  playerId: z.string().nullish(),
  value: z.looseObject({ amount: z.string(), currency: z.string() }).nullish(),
  verdict: z
    .looseObject({
      score: z.number(),
      reasons: z.array(z.looseObject({ code: z.string(), detail: z.string() })),
    })
    .nullish(),
});
export type WaitingReview = z.infer<typeof waitingReview>;

const accepted = z.looseObject({ rulingId: z.string(), revision: z.number() });

export type Decision = 'approve' | 'reject';

/** What waits for a person in a campaign, oldest first. */
export function waitingReviews(api: Api, campaignId: string): Promise<WaitingReview[]> {
  return api.list(`/v1/reviews?campaignId=${campaignId}`, waitingReview);
}

/** Decides on a conversion as it was seen. */
export async function decide(
  api: Api,
  { conversionId, revision }: Pick<WaitingReview, 'conversionId' | 'revision'>,
  decision: Decision,
  reason: string,
): Promise<void> {
  await api.create(
    `/v1/conversions/${conversionId}/decision`,
    { decision, reason, revision },
    { shape: accepted, idempotencyKey: `${conversionId}-${revision}-${decision}` },
  );
}

/** Plays the person at the desk, who lets everybody of these campaigns through. */
export async function approveAll(api: Api, campaignIds: readonly string[]): Promise<void> {
  const lists = await Promise.all(campaignIds.map((campaignId) => waitingReviews(api, campaignId)));
  for (const review of lists.flat()) {
    await decide(api, review, 'approve', 'Seen and approved by the simulator.').catch((error: unknown) => {
      // Changed since it was listed, by an event that came late: the next round sees it anew.
      if (!(error instanceof UnexpectedAnswer) || error.status !== 409) throw error;
    });
  }
}
