import { costsPer, together } from './costs-per';
import type { MeterReading } from './meter';

function reading(fields: Partial<MeterReading> = {}): MeterReading {
  return {
    ...{ atMs: 0, statements: 0, reads: 0, commits: 0, walBytes: 0, grpcCalls: 0 },
    ...{ tableBytes: {}, temporalBytes: 0, cpuMs: { api: 0, postgres: 0, worker: 0, temporal: 0 } },
    ...fields,
  };
}

/** Ten statements a second by itself. */
const idle = { from: reading(), to: reading({ atMs: 2_000, statements: 20, walBytes: 200 }) };

describe('costsPer', () => {
  it('takes off what the instance does anyway in the time that the work took', () => {
    const work = {
      from: reading({ atMs: 10_000, statements: 100, walBytes: 1_000 }),
      to: reading({ atMs: 15_000, statements: 250, walBytes: 11_500 }),
    };
    expect(costsPer(100, work, idle)).toMatchObject({ statements: 1, walBytes: 100 });
  });

  it('adds up the tables that grew, and names them by size', () => {
    const work = {
      from: reading({ tableBytes: { clicks: 8_192, offers: 8_192 }, temporalBytes: 1_000 }),
      to: reading({
        atMs: 1_000,
        tableBytes: { clicks: 18_192, offers: 8_192, outbox: 20_000 },
        temporalBytes: 3_000,
      }),
    };
    const costs = costsPer(100, work, idle);
    expect(Object.entries(costs.tableBytes)).toEqual([
      ['outbox', 200],
      ['clicks', 100],
    ]);
    expect(costs).toMatchObject({ diskBytes: 300, temporalBytes: 20 });
  });

  it('is never less than nothing', () => {
    const work = { from: reading({ statements: 5 }), to: reading({ atMs: 5_000, statements: 10 }) };
    expect(costsPer(10, work, idle).statements).toBe(0);
  });
});

it('adds two steps, table by table', () => {
  const step = (tableBytes: Record<string, number>, walBytes: number) =>
    costsPer(
      1,
      { from: reading(), to: reading({ atMs: 1, tableBytes, walBytes }) },
      { from: reading(), to: reading() },
    );
  const both = together(step({ clicks: 100 }, 5), step({ clicks: 10, events: 50 }, 7));
  expect(both).toMatchObject({ walBytes: 12, diskBytes: 160, tableBytes: { clicks: 110, events: 50 } });
});
