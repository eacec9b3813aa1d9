import { EventEmitter } from 'node:events';
import { IncomingMessage, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { pino } from 'pino';
import { parseConfig } from '../../config/config';
import { hashApiKey } from '../../db/new-secret';
import type { AppDeps } from '../deps';
import { keyCaller, sourceCaller } from '../limits/caller';
import { createRateLimits, type RateLimits } from '../limits/rate-limits';
import { createStrangers, type Strangers } from './strangers';

const HERE = '203.0.113.9';
const ELSEWHERE = '203.0.113.10';

let limits: RateLimits;
let strangers: Strangers;
beforeEach(() => {
  limits = createRateLimits(
    parseConfig({ CLICKCHAIN_ADDRESS_REQUESTS_PER_SECOND: '3' }),
    pino({ level: 'silent' }),
  );
  strangers = createStrangers({ limits, clock: { nowMs: () => 0 } } as AppDeps, 2);
});

type Locals = { principal?: object; isCounted?: true };

/** A request on its way: the response that ends it, or null when it was not let in. */
function come(address: string, headers: Record<string, string> = {}, url = '/v1/offers') {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: address });
  const req = Object.assign(new IncomingMessage(socket), { headers, url });
  const locals: Locals = {};
  const res = Object.assign(new EventEmitter(), { locals });
  return strangers.admit(req, res as unknown as ServerResponse) ? res : null;
}

const end = (res: ReturnType<typeof come>, locals: Locals = {}): void => {
  Object.assign(res?.locals ?? {}, locals);
  res?.emit('close');
};

describe('strangers of one address', () => {
  it('are so many at once, and give their places back', () => {
    const [first, second] = [come(HERE), come(HERE)];
    expect([first, second]).not.toContain(null);
    expect(come(HERE)).toBeNull();
    expect(come(ELSEWHERE)).not.toBeNull();
    end(first, { isCounted: true });
    expect(come(HERE)).not.toBeNull();
  });

  it('are counted when they have proved nobody, once, and not when they have', () => {
    for (let asked = 0; asked < 5; asked += 1) end(come(HERE), { principal: {} });
    for (let asked = 0; asked < 5; asked += 1) end(come(HERE), { isCounted: true });
    for (let asked = 0; asked < 3; asked += 1) end(come(HERE));
    expect(come(HERE)).toBeNull();
    expect(come(ELSEWHERE)).not.toBeNull();
  });

  it('are none of those who were accepted before, wherever a key and only where a source was', () => {
    limits.failures.accepted(keyCaller(hashApiKey('ck_known')));
    limits.failures.accepted(sourceCaller('src_1', HERE));
    const key = { authorization: 'Bearer ck_known' };
    const signature = { 'webhook-id': 'm' };
    for (let asked = 0; asked < 2; asked += 1) {
      come(HERE);
      come(ELSEWHERE);
    }
    expect([come(HERE), come(ELSEWHERE)]).toEqual([null, null]);
    expect(come(HERE, key)).not.toBeNull();
    expect(come(ELSEWHERE, key)).not.toBeNull();
    expect(come(HERE, signature, '/webhooks/deposit?a=1&source=src_1')).not.toBeNull();
    expect(come(ELSEWHERE, signature, '/webhooks/deposit?source=src_1')).toBeNull();
    expect(come(HERE, {}, '/webhooks/deposit?source=src_1')).toBeNull();
    expect(come(HERE, { authorization: 'Bearer ck_other' })).toBeNull();
  });

  it('are nobody on loopback', () => {
    for (let asked = 0; asked < 10; asked += 1) expect(come('127.0.0.1')).not.toBeNull();
  });
});
