import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { createAdmin } from '../traffic/admin';
import type { Arena, Inject } from './arena';
import { expectGoesOn } from './serving';

/** More than the connections that an API has for all of its requests. */
const READERS = 32;
/** Those who are refused ask again sooner than they are told to. */
const PAUSE_MS = 50;
const TIMEOUT_MS = 15_000;
const DAY_MS = 86_400_000;
const YEAR_DAYS = 366;

/** F27: somebody of another workspace, who may only read, asks for everything at once and again and again. */
export const heavyReaders: Inject = async (arena, { holdMs }) => {
  const key = await readerKey(arena);
  const answers: (number | null)[] = [];
  await expectGoesOn(
    arena.traffic,
    'heavy readers of another workspace',
    async (isOver) => {
      const readers = Array.from({ length: READERS }, (_, number) =>
        read(arena, { key, first: number, answers, isOver }),
      );
      await Promise.all(readers);
    },
    holdMs,
  );
  // What is refused as a whole shows nothing.
  if (!answers.includes(200))
    throw new Error(`no reader was answered, but ${[...new Set(answers)].join(', ')}`);
};

interface Reader {
  readonly key: string;
  /** The number of the question that it begins with; the others follow in turn. */
  readonly first: number;
  readonly answers: (number | null)[];
  isOver(): boolean;
}

async function read({ machine, traffic }: Arena, { key, first, answers, isOver }: Reader): Promise<void> {
  const questions = heavyQuestions();
  for (let number = first; !isOver(); number += 1) {
    const path = questions[number % questions.length] ?? '/v1/clicks';
    const status = await request(`${machine.apiUrl}${path}`, {
      headers: { authorization: `Bearer ${key}` },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    }).then(
      async (answer) => {
        await answer.body.dump();
        return answer.statusCode;
      },
      // Slow, or cut off: a reader may be.
      () => null,
    );
    answers.push(status);
    // 400: the product asks for fewer days than these.
    if (status !== null && status >= 500 && status !== 503) {
      traffic.log.unexpected.push(`a reader of ${path}: ${status}`);
    }
    await delay(PAUSE_MS);
  }
}

function heavyQuestions(): string[] {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const spans = [YEAR_DAYS, 31].map(
    (days) => `from=${day(Date.now() - days * DAY_MS)}&to=${day(Date.now())}`,
  );
  const [from, to] = [new Date(Date.now() - 31 * DAY_MS).toISOString(), new Date().toISOString()];
  return spans.flatMap((span) => [
    `/v1/reports/attribution?from=${from}&to=${to}`,
    `/v1/reports/funnel?${span}&groupBy=keyword`,
    `/v1/reports/value?${span}&groupBy=partner`,
    `/v1/reports/overview?${span}&groupBy=campaign`,
    '/v1/clicks?limit=200',
    '/v1/conversions?limit=200',
    '/v1/postbacks?limit=200',
    '/v1/goals',
    '/v1/ledger/trial-balance',
    '/v1/audit?limit=200',
  ]);
}

async function readerKey({ machine }: Arena): Promise<string> {
  const { code, output } = await machine.run('workspace', 'create', `Readers ${Date.now()}`);
  const [, adminKey] = /^Admin key (\S+)$/m.exec(output) ?? [];
  if (adminKey === undefined) throw new Error(`workspace create ended with ${code}:\n${output}`);
  const body = { name: 'reader', scopes: ['read'] };
  const { key = '' } = await createAdmin(machine.apiUrl, adminKey).call('POST', '/v1/api-keys', body);
  return key;
}
