import { created } from '../responses';
import type { Session } from '../session';

const VISITOR = '198.51.100.7';

/**
 * Whether the instance takes us for its proxy and believes the address that we say a visitor has. Asked of a source
 * that listens to that address only: from any other, a report is refused with 403 whatever it says.
 */
export async function believesAddresses({ api, http, instance, runId }: Session): Promise<boolean> {
  const body = { name: `Scenario addresses ${runId}`, kind: 'gaming', ipAllowList: [VISITOR] };
  const idempotencyKey = `${runId}-scenarios-addresses`;
  const { key } = await api.create('/v1/sources', body, { shape: created.source, idempotencyKey });
  const answer = await http.send({
    method: 'POST',
    url: `${instance.apiUrl}/webhooks/gaming/registration`,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${key}`,
      'x-forwarded-for': VISITOR,
    },
    // Incomplete on purpose: nothing is to be stored.
    body: '{}',
  });
  return answer.status !== 403;
}

/** How to start an instance that does; the last line is the command. */
export const HOW_TO_BELIEVE: readonly string[] = [
  'The instance does not believe X-Forwarded-For from here, so every visitor seems to come from one address, which is not counted. Start it like this:',
  'CLICKCHAIN_TRUSTED_PROXIES=127.0.0.1/32 npm start',
];
