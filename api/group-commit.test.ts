import type { DbTrouble } from '../db/pg-errors';
import { GroupCommit, type GroupCommitLimits } from './group-commit';

const LIMITS: GroupCommitLimits = { batchRows: 3, waitMs: 1, lanes: 2, queueRows: 5, answerWithinMs: 30_000 };

const classify = (error: unknown): DbTrouble => {
  const text = String(error);
  if (text.includes('away')) return 'away';
  return text.includes('again') ? 'again' : 'this_row';
};

/** A writer that is told when to finish, and how. */
function slowWriter() {
  const batches: number[][] = [];
  const ends: { commit: () => void; fail: (error: unknown) => void }[] = [];
  const write = (rows: readonly number[]): Promise<readonly string[]> => {
    batches.push([...rows]);
    return new Promise((done, fail) => {
      ends.push({ commit: () => done(rows.map((row) => `row ${row}`)), fail });
    });
  };
  const started = async (count: number): Promise<void> => {
    while (batches.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  return { batches, ends, write, started };
}

describe('GroupCommit', () => {
  it('writes together what comes together, and answers nobody before the commit', async () => {
    const writer = slowWriter();
    const group = new GroupCommit(writer.write, classify, LIMITS);
    const answered: string[] = [];
    const rows = [1, 2].map((row) => group.add(row).then((result) => answered.push(result)));
    await writer.started(1);
    expect(writer.batches).toEqual([[1, 2]]);
    expect(answered).toEqual([]);
    writer.ends[0]?.commit();
    await Promise.all(rows);
    expect(answered).toEqual(['row 1', 'row 2']);
  });

  it('gathers rows while every lane is busy, in batches of a bounded size', async () => {
    const writer = slowWriter();
    const group = new GroupCommit(writer.write, classify, { ...LIMITS, queueRows: 100 });
    const rows = Array.from({ length: 11 }, (_, index) => group.add(index));
    await writer.started(2);
    expect(writer.batches.map((batch) => batch.length)).toEqual([3, 3]);
    expect(group.depth).toBe(5);
    for (let done = 0; done < 4; done += 1) {
      await writer.started(done + 1);
      writer.ends[done]?.commit();
    }
    await Promise.all(rows);
    expect(writer.batches.map((batch) => batch.length)).toEqual([3, 3, 3, 2]);
    expect(writer.batches.flat()).toEqual(Array.from({ length: 11 }, (_, index) => index));
  });

  it('refuses at once what its queue cannot hold, and takes more when there is room', async () => {
    const writer = slowWriter();
    const group = new GroupCommit(writer.write, classify, LIMITS);
    const taken = Array.from({ length: 11 }, (_, index) => group.add(index));
    await expect(group.add(99)).rejects.toMatchObject({ code: 'unavailable' });
    await writer.started(2);
    writer.ends[0]?.commit();
    await writer.started(3);
    taken.push(group.add(12));
    for (let done = 1; done < 4; done += 1) {
      await writer.started(done + 1);
      writer.ends[done]?.commit();
    }
    await Promise.all(taken);
    expect(writer.batches.flat()).not.toContain(99);
  });

  it('retries a batch that failed row by row: one bad row refuses itself alone', async () => {
    const tries: number[][] = [];
    const write = async (rows: readonly number[]): Promise<readonly number[]> => {
      tries.push([...rows]);
      if (rows.includes(2)) throw new Error('bad row');
      return rows;
    };
    const group = new GroupCommit(write, classify, LIMITS);
    const outcomes = await Promise.allSettled([1, 2, 3].map((row) => group.add(row)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(tries).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  it('asks nobody again who is away: the whole batch is refused at once', async () => {
    let tries = 0;
    const write = async (): Promise<never> => {
      tries += 1;
      throw new Error('away');
    };
    const group = new GroupCommit(write, classify, LIMITS);
    const outcomes = await Promise.allSettled([1, 2, 3].map((row) => group.add(row)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(tries).toBe(1);
  });

  it('does a batch over that was given up for another’s sake: nobody notices', async () => {
    const tries: number[][] = [];
    const write = async (rows: readonly number[]): Promise<readonly number[]> => {
      tries.push([...rows]);
      if (tries.length < 3) throw new Error('again');
      return rows;
    };
    const group = new GroupCommit(write, classify, LIMITS);
    expect(await Promise.all([1, 2, 3].map((row) => group.add(row)))).toEqual([1, 2, 3]);
    expect(tries).toEqual([1, 2, 3].map(() => [1, 2, 3]));
  });

  it('does so a few times only', async () => {
    let tries = 0;
    const write = async (): Promise<never> => {
      tries += 1;
      throw new Error('again');
    };
    const group = new GroupCommit(write, classify, LIMITS);
    const outcomes = await Promise.allSettled([1, 2, 3].map((row) => group.add(row)));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(tries).toBe(3);
  });

  it('does not write again what nobody waits for any more', async () => {
    const writer = slowWriter();
    const group = new GroupCommit(writer.write, classify, { ...LIMITS, answerWithinMs: 20 });
    await expect(group.add(1)).rejects.toMatchObject({ code: 'unavailable' });
    writer.ends[0]?.fail(new Error('again'));
    const next = group.add(2);
    await writer.started(2);
    writer.ends[1]?.commit();
    await next;
    expect(writer.batches).toEqual([[1], [2]]);
  });

  it('answers within its time although the writer does not, and writes no row that was refused', async () => {
    const writer = slowWriter();
    const limits = { ...LIMITS, queueRows: 100, answerWithinMs: 20 };
    const group = new GroupCommit(writer.write, classify, limits);
    const rows = Array.from({ length: 9 }, (_, index) => group.add(index));
    const outcomes = await Promise.allSettled(rows);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(group.depth).toBe(0);
    const [first, second] = writer.ends;
    first?.commit();
    second?.fail(new Error('away'));
    const next = group.add(9);
    await writer.started(3);
    writer.ends[2]?.commit();
    await next;
    expect(writer.batches).toEqual([[0, 1, 2], [3, 4, 5], [9]]);
  });

  it('goes on after a failure', async () => {
    let fails = true;
    const write = async (rows: readonly number[]): Promise<readonly number[]> => {
      if (fails) throw new Error('away');
      return rows;
    };
    const group = new GroupCommit(write, classify, LIMITS);
    await expect(group.add(1)).rejects.toThrow('away');
    fails = false;
    await expect(group.add(2)).resolves.toBe(2);
  });
});
