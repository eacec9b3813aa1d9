import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RebuildSummary } from '../db/rebuild-journeys';
import { makeTestDataDir } from '../testing/servers';
import { until } from '../testing/until';
import { LostJourneys } from './lost-journeys';
import { noteLostHistory, readLostHistory } from './temporal/lost-history';

let folder: string;
let lines: string[];
let lost: LostJourneys;
let answers: (() => RebuildSummary)[];

const nothing = { found: 0, queued: 0 };
const summaryOf = (clicks: number, events = 0): RebuildSummary => ({
  events: { found: events, queued: events },
  postbacks: nothing,
  timers: nothing,
  clicks: { found: clicks, queued: clicks },
  upTo: 0n,
});

beforeEach(() => {
  folder = makeTestDataDir();
  lines = [];
  answers = [];
  lost = new LostJourneys({
    folder,
    reporter: { line: (text) => void lines.push(text) },
    rebuild: async () => answers.shift()?.() ?? summaryOf(0),
  });
});
afterEach(async () => {
  await lost.stop();
  rmSync(folder, { recursive: true });
});

const done = () => until('the note to be gone', async () => readLostHistory(folder) === null);

describe('lost journeys', () => {
  it('are started again, and one line says what happened, where the old file is and how many they were', async () => {
    noteLostHistory(folder, { reason: 'it is empty', aside: '/data/old.sqlite', atMs: 1 });
    answers.push(() => summaryOf(1_234, 5));
    lost.startAgain();
    lost.startAgain();
    await done();
    expect(lines).toEqual([
      "Temporal's database was damaged (it is empty); the old one is kept as /data/old.sqlite. A new one was begun, and 5 events to settle, 1,234 open journeys had to be started again.",
    ]);
  });

  it('of a new instance are none, and nothing is said', async () => {
    noteLostHistory(folder, { reason: 'missing', aside: null, atMs: 1 });
    lost.startAgain();
    await done();
    expect(lines).toEqual([]);
  });

  it('of which the database was missing are told', async () => {
    noteLostHistory(folder, { reason: 'missing', aside: null, atMs: 1 });
    answers.push(() => summaryOf(2));
    lost.startAgain();
    await done();
    expect(lines).toEqual([
      "Temporal's database was missing. A new one was begun, and 2 open journeys had to be started again.",
    ]);
  });

  it('are started again once more when history is lost once more meanwhile', async () => {
    noteLostHistory(folder, { reason: 'missing', aside: null, atMs: 1 });
    answers.push(
      () => {
        noteLostHistory(folder, { reason: 'missing', aside: null, atMs: 2 });
        return summaryOf(1);
      },
      () => summaryOf(3),
    );
    lost.startAgain();
    await done();
    expect(lines).toEqual([expect.stringContaining('3 open journeys')]);
  });

  it('stay noted while they cannot be started again, which is told once', async () => {
    noteLostHistory(folder, { reason: 'missing', aside: null, atMs: 1 });
    answers.push(() => {
      throw new Error('Postgres is away');
    });
    lost.startAgain();
    await until('a line', async () => lines.length === 1);
    expect(lines).toEqual(['Journeys cannot be started again yet: Postgres is away']);
    await lost.stop();
    expect(readLostHistory(folder)).not.toBeNull();
  });

  it.each(['', '{', 'null', '[]'])('are lost whatever a note of %j says', async (text) => {
    writeFileSync(join(folder, 'lost.json'), text);
    answers.push(() => summaryOf(4));
    lost.startAgain();
    await done();
    expect(lines).toEqual([expect.stringContaining('4 open journeys')]);
  });
});
