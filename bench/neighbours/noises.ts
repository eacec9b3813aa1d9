import { setTimeout as sleep } from 'node:timers/promises';
import { toIso } from '../../domain/time';
import type { HttpClient } from '../../simulator/http-client';
import { postFirstDeposit } from '../load/deposit-traffic';
import { openLoop } from '../load/open-loop';
import type { MeasuredInstance } from '../section';
import type { Neighbour } from './neighbour';
import { createSender, type Sender, type Sending } from './sender';

/** How often each status was answered; 0 stands for no answer. */
export type Answers = Readonly<Record<number, number>>;

/** What one kind of neighbour did, and what it was told. */
export type Noise = { readonly name: string; readonly answers: Answers };

type Making = {
  readonly instance: MeasuredInstance;
  readonly neighbour: Neighbour;
  /** Ends the noise. */
  readonly signal: AbortSignal;
};

/** Everything at once that a stranger and another tenant can do to an instance, until the signal. */
export function makeNoise(making: Making): Promise<Noise[]> {
  return Promise.all([strangers(making), questions(making), changes(making), silentPartner(making)]);
}

const MEGABYTE = JSON.stringify({ click_id: 'x', values: Array.from({ length: 260_000 }, () => 1) }).padEnd(
  1_040_000,
);
/** Within the bound of a public body. */
const WITHIN_BOUND = JSON.stringify({ click_id: 'x', values: Array.from({ length: 7_500 }, () => 1) });
const LINK = `/postback?click_id=x&event=registration&${Array.from({ length: 800 }, (_, n) => `k${n}=v`).join('&')}`;

/** Two senders of the worst bodies, at two a second each, and two of the worst that are let in, at fifty a second. */
async function strangers({ instance, signal }: Making): Promise<Noise> {
  const from = (sender: number): Record<string, string> => ({
    'content-type': 'application/json',
    'x-forwarded-for': `203.0.113.${sender}`,
  });
  const post = (body: string, sender: number): Sending => ({
    ...{ method: 'POST', path: '/postback', headers: from(sender), body },
  });
  return counted('strangers', instance, 32, (sender) =>
    Promise.all([
      atRate(2, signal, () => sender.once(post(MEGABYTE, 1))),
      atRate(2, signal, () => sender.once(post(MEGABYTE, 2))),
      atRate(50, signal, () => sender.once(post(WITHIN_BOUND, 3))),
      atRate(50, signal, () => sender.once({ method: 'GET', path: LINK, headers: from(4) })),
    ]),
  );
}

const READERS_AT_ONCE = 8;
const DAY_MS = 86_400_000;

/** A key that may only read asks what costs most, again as soon as it is answered. */
async function questions({ instance, neighbour, signal }: Making): Promise<Noise> {
  const headers = { authorization: `Bearer ${neighbour.readKey}` };
  const now = Date.now();
  const days = `from=${toIso(now - 30 * DAY_MS).slice(0, 10)}&to=${toIso(now).slice(0, 10)}`;
  const instants = `from=${toIso(now - 30 * DAY_MS)}&to=${toIso(now)}`;
  const paths = [
    `/v1/reports/funnel?${days}&groupBy=keyword`,
    `/v1/reports/value?${days}&groupBy=keyword`,
    `/v1/reports/attribution?${instants}`,
    `/v1/reports/overview?${days}&groupBy=hour`,
    '/v1/quarantine?limit=200',
    '/v1/conversions?limit=200',
    '/v1/campaigns?limit=200',
    '/v1/goals',
  ];
  return counted('questions', instance, READERS_AT_ONCE, (sender) =>
    Promise.all(
      paths
        .slice(0, READERS_AT_ONCE)
        .map((_, reader) =>
          again(signal, (turn) =>
            sender.once({ method: 'GET', path: paths[(reader + turn) % paths.length] ?? '', headers }),
          ),
        ),
    ),
  );
}

/** A campaign is changed five times a second. */
async function changes({ instance, neighbour, signal }: Making): Promise<Noise> {
  const { campaignIds } = neighbour;
  const headers = { authorization: `Bearer ${neighbour.adminKey}`, 'content-type': 'application/json' };
  return counted('changes', instance, 2, (sender) =>
    atRate(5, signal, (nth) =>
      sender.once({
        method: 'PATCH',
        path: `/v1/campaigns/${campaignIds[nth % campaignIds.length]}`,
        headers,
        body: JSON.stringify({ name: `changed ${nth}` }),
      }),
    ),
  );
}

/** A deposit a second, whose postback goes to a server that never says a word. */
async function silentPartner({ instance, neighbour, signal }: Making): Promise<Noise> {
  const { clickIds, stage } = neighbour;
  const http: HttpClient = instance.http;
  const shots = await openLoop({
    ratePerSecond: 1,
    count: clickIds.length,
    fire: (index) =>
      postFirstDeposit(http, instance.info.apiUrl, stage, { clickId: clickIds[index] ?? '', index }),
    stopEarly: signal,
  });
  const taken = shots.filter(({ result }) => result.ok).length;
  return { name: 'silent partner', answers: { 200: taken, 0: shots.length - taken } };
}

async function counted(
  name: string,
  { address }: MeasuredInstance,
  connections: number,
  make: (sender: Sender) => Promise<unknown>,
): Promise<Noise> {
  const answers: Record<number, number> = {};
  const sender = createSender(address, connections);
  const count = (status: number): number => {
    answers[status] = (answers[status] ?? 0) + 1;
    return status;
  };
  try {
    await make({ ...sender, once: async (sending) => count(await sender.once(sending)) });
    return { name, answers };
  } finally {
    await sender.close();
  }
}

/** Never more than so many a second, whatever the answers: who sends trouble waits for nobody. */
async function atRate(
  perSecond: number,
  signal: AbortSignal,
  fire: (nth: number) => Promise<number>,
): Promise<void> {
  await openLoop({ ratePerSecond: perSecond, count: Number.MAX_SAFE_INTEGER, fire, stopEarly: signal });
}

/** A refusal that takes no time would else be asked for as fast as the machine can. */
const AFTER_ANSWER_MS = 20;

async function again(signal: AbortSignal, fire: (turn: number) => Promise<number>): Promise<void> {
  for (let turn = 0; !signal.aborted; turn += 1) {
    await fire(turn);
    await sleep(AFTER_ANSWER_MS);
  }
}
