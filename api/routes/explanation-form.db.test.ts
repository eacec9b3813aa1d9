import { MINUTE_MS } from '../../domain/time';
import { type ExplanationBench, openExplanationBench } from '../../testing/explanation-bench';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { ruleOn } from '../../testing/rule-on';
import type { SettlementBench } from '../../testing/settlement-bench';

let reads: ReadsFixture;
let bench: SettlementBench;
let convert: ExplanationBench['convert'];
let explain: ExplanationBench['explain'];
let get: ExplanationBench['get'];
let pathOf: ExplanationBench['pathOf'];

beforeAll(async () => {
  reads = await startReads();
});
afterAll(() => reads.stop());

beforeEach(async () => {
  ({ bench, convert, explain, get, pathOf } = await openExplanationBench(reads));
});

describe('an explanation', () => {
  it('costs the same statements, however much there is to tell', async () => {
    await convert();
    const path = await pathOf('D1');
    const few = await reads.countStatements(() => get(path));
    for (let n = 0; n < 5; n += 1) {
      const chargeback = { key: `C${n}`, refersTo: 'D1', atMin: 10 + n, amountMinor: 100n };
      await bench.settle((await bench.chargeback(chargeback)).id);
    }
    await ruleOn(bench, 'D1', 'reject');
    await ruleOn(bench, 'D1', 'approve');
    expect(await reads.countStatements(() => get(path))).toBe(few);
    expect(few).toBeLessThanOrEqual(16);
  });

  it('tells of many facts only the beginning, and says so', async () => {
    await convert();
    for (let n = 0; n < 60; n += 1) {
      const chargeback = { key: `C${n}`, refersTo: 'D1', atMin: 10, amountMinor: 1n };
      await bench.assess((await bench.chargeback(chargeback)).id);
    }
    const { json, text } = await explain('D1');
    expect(json.facts).toHaveLength(50);
    expect(json.facts.filter(({ role }) => role === 'standing')).toHaveLength(1);
    expect(json.cut).toEqual(['facts']);
    expect(text).toContain('Only the beginning is told of: facts.');
  });

  it('is JSON unless text is asked for; the parameter outranks the header', async () => {
    await convert();
    const path = await pathOf('D1');
    const typeOf = async (query: string, accept?: string) => {
      const answer =
        accept === undefined ? await get(`${path}${query}`) : await get(`${path}${query}`).set({ accept });
      return answer.headers['content-type'];
    };
    expect(await typeOf('')).toContain('application/json');
    expect(await typeOf('', '*/*')).toContain('application/json');
    expect(await typeOf('', 'text/plain')).toBe('text/plain; charset=utf-8');
    expect(await typeOf('?format=text')).toBe('text/plain; charset=utf-8');
    expect(await typeOf('?format=json', 'text/plain')).toContain('application/json');
    expect((await get(`${path}?format=pdf`)).body.errors[0].path).toBe('format');
  });

  it('is shown to its workspace only', async () => {
    await convert();
    const path = await pathOf('D1');
    expect((await reads.stranger.get(path)).body.code).toBe('not_found');
    expect((await reads.stranger.get(path).set('accept', 'text/plain')).status).toBe(404);
    expect((await get('/v1/conversions/cnv_/explain')).status).toBe(404);
  });

  it('holds nothing personal', async () => {
    const clickId = await bench.click();
    const raw = { body: { email: 'a@b.example' }, ip: '203.0.113.9', userAgent: 'Secret/1.0' };
    const given = { kind: 'registration', senderEventId: 'R1', clickRef: clickId, raw } as const;
    await bench.settle((await bench.accept({ ...given, occurredAtMs: bench.startMs + MINUTE_MS })).id);
    const { json, text } = await explain('R1', 'registration');
    for (const personal of ['a@b.example', '203.0.113', 'Secret/1.0', 'Firefox']) {
      expect(JSON.stringify(json)).not.toContain(personal);
      expect(text).not.toContain(personal);
    }
  });
});
