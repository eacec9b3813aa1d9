import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createOutput } from './output';
import { runSimulation } from './run';
import { type FakeInstance, startFakeInstance } from './testing/fake-instance';
import type { Faults } from './testing/faults';
import { freePort, writeInstanceFile } from './testing/instance-file';

describe('a simulated run', () => {
  let dataDir: string;
  let instance: FakeInstance | null = null;
  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'clickchain-simulator-'));
  });
  afterEach(async () => {
    await instance?.close();
    instance = null;
    await rm(dataDir, { recursive: true });
  });

  async function run(options: {
    faults?: Faults;
    clicks?: number;
    settleWithinMs?: number;
    signal?: AbortSignal;
  }) {
    instance ??= await startFakeInstance(options.faults);
    await writeInstanceFile(dataDir, instance);
    return simulate({ mode: 'auto', clicks: options.clicks ?? 60, seed: 7, dataDir }, options);
  }

  async function simulate(
    argv: Parameters<typeof runSimulation>[0],
    options: { settleWithinMs?: number; signal?: AbortSignal } = {},
  ) {
    let text = '';
    const output = createOutput({
      write: (chunk) => {
        text += chunk;
      },
    });
    const signal = options.signal ?? new AbortController().signal;
    const code = await runSimulation(argv, {
      output,
      signal,
      settleWithinMs: options.settleWithinMs ?? 10_000,
    });
    return { code, text };
  }

  it('ends with 0 and says where to look when the instance keeps its contract', async () => {
    const { code, text } = await run({ clicks: 200 });
    expect(text).toContain('Everything is as planned');
    expect(code).toBe(0);
    for (const part of [
      /200: .*waiting/,
      /registered/,
      /converted/,
      /review/,
      /dead/,
      /duplicates/,
      /trial balance (0\.00 \w{3}(, )?){2}\n/,
    ]) {
      expect(text).toMatch(part);
    }
    expect(text).toContain('Temporal UI API answers 200');
    expect(text).toContain(`${instance?.url}/v1/clicks/clk_`);
    expect(text).toContain(`${instance?.url}/docs`);
  });

  it('can be repeated on the same instance', async () => {
    expect((await run({})).code).toBe(0);
    expect((await run({})).code).toBe(0);
  });

  it('sends an event again when the instance asks for it, and takes "duplicate" for an answer then', async () => {
    const { code, text } = await run({ faults: { outages: true } });
    expect(text).toMatch(/Outages +\d+ requests were asked to come again, 0 found nobody/);
    expect(code).toBe(0);
  });

  it.each<[string, Faults, RegExp]>([
    [
      'an event is lost',
      { losesEventsEnding: '-reg' },
      /click clk_\w+ \(registered\): stage is waiting, expected registered, see http/,
    ],
    ['commission is paid twice', { paysTwice: true }, /commission is 80\.00 EUR, expected 40\.00/],
    [
      'postbacks are doubled',
      { sendsPostbacksTwice: true },
      /2 registration postbacks to the partner_url, expected 1/,
    ],
    [
      'a postback changes between attempts',
      { unstablePostbacks: true },
      /changed its content between attempts/,
    ],
    [
      'duplicates are taken for new',
      { takesDuplicates: true },
      /sent again it had to be a duplicate, got accepted/,
    ],
    ['the ledger does not sum to zero', { unbalanced: true }, /trial balance in EUR is 0\.01/],
    [
      'nothing is payable',
      { forgetsPayables: true },
      /account payable:ptn_\w+ holds 0\.00 EUR, expected \d+\.00 in size/,
    ],
    ['deliveries are only claimed', { claimsDelivery: true }, /counts as delivered, but was refused/],
    ['the workflow is not in Temporal', { temporalAway: true }, /Temporal UI API answers 404/],
    ['an event stays in quarantine', { openQuarantine: true }, /1 events are in quarantine/],
  ])('ends with 1 and names the place when %s', async (_, faults, sentence) => {
    const { code, text } = await run({ faults, settleWithinMs: 600 });
    expect(code).toBe(1);
    expect(text).toMatch(sentence);
  });

  it('stops cleanly when interrupted', async () => {
    const stop = new AbortController();
    instance = await startFakeInstance();
    const { state } = instance;
    const running = run({ clicks: 500, signal: stop.signal });
    while (state.clicks.size < 5) await new Promise(setImmediate);
    stop.abort();
    const { code, text } = await running;
    expect(code).toBe(130);
    expect(text).toContain('Stopped.');
  });

  it('says in one sentence what to do when nothing runs', async () => {
    const { code, text } = await simulate({ mode: 'auto', clicks: 1, seed: 1, dataDir });
    expect(code).toBe(1);
    expect(text).toMatch(/^No running instance: .*npm start.*\n$/);
  });

  it('says so too when the file is left over from an instance that is gone', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { code, text } = await simulate({ mode: 'auto', clicks: 1, seed: 1, dataDir, url, adminKey: 'x' });
    expect(code).toBe(1);
    expect(text).toMatch(/does not answer\. Start one with "npm start"/);
  });

  it('names the busy port when the destinations cannot listen', async () => {
    instance = await startFakeInstance();
    const { port } = new URL(instance.url);
    const file = { apiUrl: instance.url, docsUrl: instance.url, adminKey: 'x', sinkPort: Number(port) };
    await writeFile(path.join(dataDir, 'instance.json'), JSON.stringify(file));
    const { code, text } = await simulate({ mode: 'auto', clicks: 1, seed: 1, dataDir });
    expect(code).toBe(1);
    expect(text).toContain(`Port ${port} on 127.0.0.1 is taken`);
  });
});
