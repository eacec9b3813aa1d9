import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { createOutput } from '../output';
import { runSimulation } from '../run';
import { type FakeInstance, startFakeInstance } from '../testing/fake-instance';
import type { Faults } from '../testing/faults';
import { writeInstanceFile } from '../testing/instance-file';

describe('a walk through one chain', () => {
  let dataDir: string;
  let instance: FakeInstance;
  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'clickchain-walk-'));
  });
  afterEach(async () => {
    await instance.close();
    await rm(dataDir, { recursive: true });
  });

  /** Types the lines, as a pipe does, and gives all that was printed. */
  async function walk(
    lines: readonly string[],
    options: { faults?: Faults; settleWithinMs?: number } = {},
  ): Promise<{ code: number; text: string; blocks: string[] }> {
    instance = await startFakeInstance(options.faults);
    await writeInstanceFile(dataDir, instance);
    let text = '';
    const output = createOutput({
      write: (chunk) => {
        text += chunk;
      },
    });
    const code = await runSimulation(
      { mode: 'interactive', clicks: 1, seed: 1, dataDir },
      {
        output,
        input: Readable.from(lines.map((line) => `${line}\n`)),
        signal: new AbortController().signal,
        settleWithinMs: options.settleWithinMs ?? 10_000,
      },
    );
    return { code, text, blocks: text.split('── ').slice(2) };
  }

  it('tells the whole story to somebody who only presses Enter, and ends by itself', async () => {
    const { code, text, blocks } = await walk(Array.from({ length: 12 }, () => ''));
    expect(code).toBe(0);
    expect(blocks.map((block) => /^[^─]+/.exec(block)?.[0].trim())).toEqual([
      'click',
      'install',
      'register',
      'deposit',
      'last event again',
      'deposit pending, then confirmed',
      'chargeback',
      'deposit before registration',
      'doubtful visitor deposits',
      'approve what waits',
      'reject what waits',
    ]);
    expect(text).not.toContain('PENDING');
    expect(text).toMatch(/The walk ends here\..*\n$/);
  }, 60_000);

  it('shows of every step what was sent, what was answered, and what it changed', async () => {
    const [click = '', register = '', deposit = '', again = ''] = (await walk(['1', '3', '4', '6'])).blocks;
    expect(click).toMatch(/sent +a visitor follows the link: GET \/c\/sim-\w+-alpha\?sub1=p1\n/);
    expect(click).toMatch(/answered +302 to casino\.example in \d+ ms, clk_\w{26}\n/);
    expect(click).toMatch(/stage +waiting\n/);
    expect(register).toMatch(/stage +waiting → registered\n/);
    expect(register).toMatch(/timeline +\d\d:\d\d:\d\d\.\d{3} registration: \w+-p1-reg\n/);
    expect(deposit).toMatch(
      /sent +deposit of 50\.00 EUR, confirmed, naming the click, \d+ s after the click: POST/,
    );
    expect(deposit).toMatch(/answered +200 accepted in \d+ ms\n/);
    expect(deposit).toMatch(
      /first deposit: approved, value 50\.00 EUR, commission 40\.00 EUR to Alpha Media/,
    );
    expect(deposit).toMatch(/account of Alpha Media: 0\.00 → -40\.00 EUR \(minus is what we owe\)/);
    expect(deposit).toMatch(/all accounts together: 0\.00 EUR/);
    expect(deposit).toMatch(/first_deposit to Alpha Media's URL: delivered, received once \(GET 200\)/);
    expect(deposit).toMatch(/first_deposit to the campaign’s webhook: delivered, received once \(POST 200\)/);
    expect(deposit).toMatch(/workflow +http:\/\/ui\/namespaces\/default\/workflows\/click:wsp:clk_\w+\n/);
    expect(again).toMatch(/answered +200 duplicate in \d+ ms\n/);
    expect(again).toMatch(/as before +stage, timeline, conversions, ledger, postbacks\n/);
  });

  it('begins another story with every further click, and keeps its effects apart', async () => {
    const { blocks } = await walk(['1', '4', '1', '4']);
    expect(blocks[2]).toMatch(/as before +conversions, ledger, postbacks\n/);
    expect(blocks[3]).toMatch(/account of Alpha Media: -40\.00 → -80\.00 EUR/);
  });

  it('shows a deposit wait for its bank, and its commission go with a chargeback', async () => {
    const { blocks } = await walk(['click', 'deposit pending', 'charge']);
    const [, pending = '', chargeback = ''] = blocks;
    const [first = '', second = ''] = pending.split('\n\n');
    expect(first).toMatch(/deposit: pending \(deposit_pending\)/);
    expect(first).toMatch(/as before .*ledger/);
    expect(second).toMatch(/first deposit: approved, value 80\.00 EUR, commission 40\.00 EUR/);
    expect(chargeback).toMatch(/sent +chargeback of 80\.00 EUR, naming the player only/);
    expect(chargeback).toMatch(/first deposit: reversed, value 80\.00 EUR, commission 0\.00 EUR/);
    expect(chargeback).toMatch(/account of Alpha Media: -40\.00 → 0\.00 EUR/);
  });

  it('holds a deposit of an unknown player until the registration tells who it is', async () => {
    const { blocks } = await walk(['7']);
    const [, held = '', settled = ''] = blocks[0]?.split('\n\n') ?? [];
    expect(held).toMatch(/answered +200 quarantined/);
    expect(held).toMatch(/as before +stage, timeline, conversions, ledger, postbacks/);
    expect(settled).toMatch(/stage +waiting → converted/);
    expect(settled).toMatch(/account of Alpha Media: 0\.00 → -40\.00 EUR/);
  });

  it('holds what a doubtful visitor brings until a person decides, and takes a decision back', async () => {
    const { blocks } = await walk(['10', '11', '11', '12', '12', '11']);
    const [doubt = '', approved = '', again = '', rejected = '', , back = ''] = blocks;
    const [, held = ''] = doubt.split('\n\n');
    expect(held).toMatch(/deposit: pending \(in_review\), value 50\.00 EUR, no commission, revision 1/);
    expect(held).toMatch(/as before .*ledger, postbacks/);
    expect(approved).toMatch(
      /waiting +first deposit of 50\.00 EUR.*, score 30: The client did not say what it is\./,
    );
    expect(approved).toMatch(/sent +approve revision 1: POST \/v1\/conversions\//);
    expect(approved).toMatch(
      /first deposit: approved, value 50\.00 EUR, commission 40\.00 EUR to Alpha Media/,
    );
    expect(approved).toMatch(/account of Alpha Media: 0\.00 → -40\.00 EUR/);
    expect(approved).toMatch(/first_deposit to Alpha Media's URL: delivered/);
    expect(again).toMatch(/waiting +nothing\n.*approved already/s);
    expect(rejected).toMatch(/first deposit: rejected \(rejected_by_ruling\).*commission 0\.00 EUR/);
    expect(rejected).toMatch(/account of Alpha Media: -40\.00 → 0\.00 EUR/);
    expect(back).toMatch(/account of Alpha Media: 0\.00 → -40\.00 EUR/);
  });

  it('says what is not there in time, and looks again when asked', async () => {
    const { text } = await walk(['1', '3', ''], {
      faults: { losesEventsEnding: '-reg' },
      settleWithinMs: 300,
    });
    expect(text).toMatch(
      /PENDING +not there after 0 s: the conversion of the registration\. 9 \(wait and look\)/,
    );
    expect(text).toContain('Enter for 9 (wait and look)');
    expect(text.match(/PENDING/g)).toHaveLength(2);
  });

  it.each([
    ['4', 'There is no player yet: it begins with 1 (click).'],
    ['8', 'There is no confirmed deposit that could be taken back.'],
    ['6', 'Nothing has been sent yet that could be sent again.'],
    ['9', 'Nothing has happened yet.'],
    ['dance', '"dance" is no step: type a number from 0 to 12, or just Enter.'],
    ['13', '"13" is no step'],
    ['11', 'Nobody waits for a person: 10 brings a doubtful visitor.'],
  ])('answers %s at the beginning with a sentence', async (typed, sentence) => {
    const { code, text } = await walk([typed, 'q', 'never read']);
    expect(text).toContain(sentence);
    expect(code).toBe(0);
  });

  it('stays within a hundred columns, links apart', async () => {
    const { text } = await walk(['1', '2', '3', '4', '5', '7', '8', '10', '11', '12']);
    const wide = text.split('\n').filter((line) => line.length > 100 && !line.includes('http'));
    expect(wide).toEqual([]);
  }, 60_000);

  it('sends again what the instance asks for again', async () => {
    const { text } = await walk(['1', '3', '6'], { faults: { outages: true } });
    expect(text).toMatch(/200 accepted/);
    expect(text).toMatch(/200 duplicate/);
  });

  it('goes on after a step in which the instance broke its contract', async () => {
    const { code, text, blocks } = await walk(['1', '3'], { faults: { forgetsClicks: true } });
    expect(text).toMatch(/GET \/v1\/clicks\/clk_\w+ answered 404: .* The step can be repeated\./);
    expect(blocks).toHaveLength(2);
    expect(code).toBe(0);
  });

  it('can be interrupted while it waits for a choice', async () => {
    instance = await startFakeInstance();
    await writeInstanceFile(dataDir, instance);
    const stop = new AbortController();
    let text = '';
    const output = createOutput({
      write: (chunk) => {
        text += chunk;
        if (chunk.startsWith('Next step?')) stop.abort();
      },
    });
    const code = await runSimulation(
      { mode: 'interactive', clicks: 1, seed: 1, dataDir },
      { output, input: new PassThrough(), signal: stop.signal },
    );
    expect(code).toBe(130);
    expect(text).toContain('Stopped.');
  });
});
