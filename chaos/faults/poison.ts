import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { request } from 'undici';
import type { Arena, Inject } from './arena';
import { expectGoesOn } from './serving';

/** What no honest sender sends. None of it may be taken, and none of it may break anything. */
interface Poison {
  readonly name: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  /** Null: a GET. */
  readonly body: Buffer | string | null;
}

const PAUSE_MS = 50;
const TIMEOUT_MS = 15_000;
const DEEP = 10_000;
const BIG_BYTES = 10 << 20;

const DEPOSIT = '/webhooks/gaming/deposit';

/** F19: bodies, heads and paths that are malformed in every way there is. */
export const poisoned: Inject = async (arena, { holdMs }) => {
  let number = 0;
  await expectGoesOn(
    arena.traffic,
    'poisoned requests',
    async (isOver) => {
      while (!isOver()) {
        for (const poison of poisonsOf(`poison-${number}`)) await serve(arena, poison);
        number += 1;
      }
    },
    holdMs,
  );
};

async function serve({ machine, setUp, traffic }: Arena, poison: Poison): Promise<void> {
  const { name, path, headers = {}, body } = poison;
  const status = await request(`${machine.apiUrl}${path}`, {
    method: body === null ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${setUp.sourceKey}`, 'content-type': 'application/json', ...headers },
    body,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  }).then(
    async (answer) => {
      await answer.body.dump();
      return answer.statusCode;
    },
    // Who sends too much is cut off, perhaps before he reads why.
    (error: { code?: string }) => (error.code?.includes('TIMEOUT') ? null : 'cut off'),
  );
  const isRight =
    status === 'cut off' || status === 503 || (status !== null && status >= 400 && status < 500);
  if (!isRight) traffic.log.unexpected.push(`${name} to ${path}: ${status ?? 'no answer'}`);
  await delay(PAUSE_MS);
}

function poisonsOf(eventId: string): Poison[] {
  const whole = {
    eventId,
    occurredAt: new Date().toISOString(),
    playerId: eventId,
    transactionId: eventId,
    amount: '10.00',
    currency: 'EUR',
  };
  const text = JSON.stringify(whole);
  const deposit = (name: string, body: Buffer | string, headers?: Record<string, string>): Poison => ({
    name,
    path: DEPOSIT,
    body,
    ...(headers === undefined ? {} : { headers }),
  });
  const withId = (id: string): string => text.replace(`"${eventId}"`, `"${eventId}${id}"`);
  return [
    deposit('bytes that are no UTF-8', Buffer.from(text.replace(eventId, `${eventId}\u00ff`), 'latin1')),
    deposit('a NUL', withId('\\u0000')),
    deposit('half a surrogate pair', withId('\\ud800')),
    deposit('__proto__', text.replace('{', '{"__proto__":{"amount":"1.00"},')),
    deposit('an infinite amount', text.replace('"10.00"', '1e400')),
    deposit('a negative amount', text.replace('"10.00"', '"-10.00"')),
    deposit('an amount with half a cent', text.replace('"10.00"', '"10.005"')),
    deposit('an amount that no column holds', text.replace('"10.00"', `"${'9'.repeat(30)}.00"`)),
    deposit(
      'a key twice',
      text.replace('{', '{"amount":"10.00",').replace('"10.00","currency"', '[],"currency"'),
    ),
    deposit('a body 10,000 levels deep', text.replace('{', `{"x":${'['.repeat(DEEP)}${']'.repeat(DEEP)},`)),
    deposit('10 MB', text.replace('{', `{"x":"${'x'.repeat(BIG_BYTES)}",`)),
    deposit('10 MB in a small gzip', gzipSync(text.replace('{', `{"x":"${'x'.repeat(BIG_BYTES)}",`)), {
      'content-encoding': 'gzip',
    }),
    deposit('half a body', text.slice(0, -9)),
    deposit('a byte order mark and nothing', '\ufeff'),
    deposit('an array', `[${text}]`),
    deposit('another type', text, { 'content-type': 'application/x-ndjson' }),
    deposit('a head of 64 kB', text, { 'x-much': 'x'.repeat(64 << 10) }),
    { name: 'a slug that is no UTF-8', path: '/c/%ff%fe', body: null },
    { name: 'a slug with a NUL', path: '/c/%00', body: null },
    {
      name: 'a macro that nobody filled in',
      path: '/postback?click_id={click_id}&event=deposit',
      body: null,
    },
  ];
}
