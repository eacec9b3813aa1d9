import { silentReporter } from './progress';
import { createSupervisor, type RunningUnit, type UnitSpec } from './supervisor';

/** A unit of which a test decides when it ends; it records what happens to it. */
function fakeUnit(name: string, journal: string[]) {
  let pid = 0;
  let end: (reason: string) => void = () => undefined;
  let failures = 0;
  const spec: UnitSpec = {
    name,
    start: async (): Promise<RunningUnit> => {
      if (failures > 0) {
        failures -= 1;
        throw new Error(`${name} cannot start`);
      }
      pid += 1;
      journal.push(`${name} ${pid} started`);
      const exited = new Promise<string>((resolve) => {
        end = resolve;
      });
      return {
        pid,
        exited,
        stop: async () => {
          journal.push(`${name} stopped`);
          end('signal SIGTERM');
        },
      };
    },
  };
  return {
    spec,
    crash: () => end('signal SIGKILL'),
    failNext: (times: number) => {
      failures = times;
    },
  };
}

describe('createSupervisor', () => {
  let journal: string[];
  const lines: string[] = [];
  const reporter = { ...silentReporter, line: (text: string) => void lines.push(text) };
  beforeEach(() => {
    journal = [];
    lines.length = 0;
    jest.useFakeTimers();
  });
  afterEach(() => jest.useRealTimers());

  it('starts a crashed unit again within a second, and tells of its new pid', async () => {
    const pids: unknown[] = [];
    const supervisor = createSupervisor({ reporter, onChange: () => pids.push(supervisor.pids()) });
    const unit = fakeUnit('worker', journal);
    await supervisor.start(unit.spec);
    unit.crash();
    await jest.advanceTimersByTimeAsync(999);
    expect(journal).toEqual(['worker 1 started', 'worker 2 started']);
    expect(pids).toEqual([{ worker: 1 }, { worker: null }, { worker: 2 }]);
    expect(lines[0]).toBe('worker ended (signal SIGKILL); starting it again in 0.5 s');
    await supervisor.stop();
  });

  it('tries ever more slowly, at most every ten seconds, and fast again after it was healthy', async () => {
    const supervisor = createSupervisor({ reporter });
    const unit = fakeUnit('worker', journal);
    await supervisor.start(unit.spec);
    unit.failNext(7);
    unit.crash();
    await jest.advanceTimersByTimeAsync(60_000);
    const delays = lines.flatMap((line) => /again in ([\d.]+) s/.exec(line)?.[1] ?? []);
    expect(delays).toEqual(['0.5', '1', '2', '4', '8', '10', '10', '10']);
    await jest.advanceTimersByTimeAsync(31_000);
    unit.crash();
    await jest.advanceTimersByTimeAsync(600);
    expect(lines.at(-2)).toContain('starting it again in 0.5 s');
    await supervisor.stop();
  });

  it('brings a unit back whether or not anybody can be told of it', async () => {
    const full = (): never => {
      throw new Error('ENOSPC: no space left on device, write');
    };
    const supervisor = createSupervisor({ reporter: { line: full }, onChange: full });
    const unit = fakeUnit('postgres', journal);
    await supervisor.start(unit.spec);
    for (let round = 0; round < 3; round += 1) {
      unit.crash();
      unit.failNext(1);
      await jest.advanceTimersByTimeAsync(60_000);
    }
    expect(journal.at(-1)).toBe('postgres 4 started');
    expect(supervisor.pids()).toEqual({ postgres: 4 });
    await supervisor.stop();
  });

  it('stops the units one after the other, the last started first, and starts nothing again', async () => {
    const supervisor = createSupervisor({ reporter });
    for (const name of ['postgres', 'temporal', 'api']) await supervisor.start(fakeUnit(name, journal).spec);
    await supervisor.stop();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(journal.slice(3)).toEqual(['api stopped', 'temporal stopped', 'postgres stopped']);
    expect(supervisor.pids()).toEqual({ postgres: null, temporal: null, api: null });
  });

  it('leaves no unit behind that was just starting, and starts none that was to be started again', async () => {
    const supervisor = createSupervisor({ reporter });
    const again = fakeUnit('again', journal);
    await supervisor.start(again.spec);
    again.crash();
    await jest.advanceTimersByTimeAsync(499);
    const first = supervisor.start(fakeUnit('first', journal).spec);
    await supervisor.stop();
    await first;
    expect(journal).toEqual(['again 1 started', 'first 1 started', 'first stopped']);
  });

  it('passes on why the first start failed', async () => {
    const supervisor = createSupervisor({ reporter });
    const unit = fakeUnit('postgres', journal);
    unit.failNext(1);
    await expect(supervisor.start(unit.spec)).rejects.toThrow('postgres cannot start');
    expect(supervisor.pids()).toEqual({});
    await supervisor.stop();
  });
});
