import { z } from 'zod';
import type { Api } from '../../simulator/api';
import { describeFailure } from '../../simulator/http-client';
import type { Shot } from '../load/open-loop';

const conversion = z.looseObject({ event: z.string(), status: z.string(), reason: z.string().nullish() });
const postback = z.looseObject({ status: z.string() });
const click = z.looseObject({
  verdict: z
    .looseObject({ outcome: z.string(), reasons: z.array(z.looseObject({ code: z.string() })) })
    .nullish(),
});

/** What the instance says about the first deposit that was refused, and the first whose postback never came. */
export async function explainGaps(
  api: Api,
  shots: readonly Shot<unknown>[],
  clickIds: readonly string[],
  arrivals: ReadonlyMap<string, unknown>,
): Promise<string[]> {
  const notes: string[] = [];
  for (const { result } of shots) {
    if (result.ok) continue;
    notes.push(`First refusal: ${describeFailure(result.error)}`);
    break;
  }
  const missing = shots
    .filter(({ result }) => result.ok)
    .map(({ index }) => clickIds[index] ?? '')
    .find((clickId) => !arrivals.has(clickId));
  if (missing === undefined) return notes;
  const [{ verdict }, conversions, postbacks] = await Promise.all([
    api.read(`/v1/clicks/${missing}`, click),
    api.list(`/v1/conversions?clickId=${missing}`, conversion),
    api.list(`/v1/postbacks?clickId=${missing}`, postback),
  ]);
  const judged = verdict
    ? `judged ${[verdict.outcome, ...verdict.reasons.map(({ code }) => code)].join(' ')}`
    : 'not judged';
  const settled = conversions.map(({ event, status, reason }) => `${event} ${status} ${reason ?? ''}`.trim());
  return [
    ...notes,
    `First postback that never came: ${missing}, ${judged}; conversions: ${settled.join(', ') || 'none'}; ` +
      `postbacks: ${postbacks.map(({ status }) => status).join(', ') || 'none'}`,
  ];
}
