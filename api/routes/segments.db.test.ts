import { uuidFromId } from '../../domain/ids';
import { currency } from '../../domain/testing/facts';
import { DAY_MS, MINUTE_MS } from '../../domain/time';
import { insertApiKey } from '../../testing/builders/insert-api-key';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { adminOf, openValueBench, type ValueBench } from '../../testing/value-bench';

let reads: ReadsFixture;
beforeAll(async () => {
  reads = await startReads();
});
afterAll(() => reads.stop());

const NOW = Date.UTC(2026, 10, 20);
const START = NOW - 40 * DAY_MS;
let value: ValueBench;
beforeEach(async () => {
  reads.clock.set(NOW);
  value = await openValueBench(reads, { startMs: START });
});

const daysIn = (days: number) => days * 24 * 60;
const player = async (name: string) => (await value.admin.get(`/v1/players/${name}`).expect(200)).body;
const EVERYBODY = { rules: [{ segment: 'everybody', when: {} }] };

async function deposit(name: string, key: string, atMin: number, amountMinor = 10_000n): Promise<void> {
  await value.bench.deposit({ player: name, key, atMin, amountMinor });
}

/** A player who registers on the first day. */
async function register(name: string): Promise<void> {
  const click = await value.bench.click();
  await value.bench.registration({ player: name, key: `R${name}`, click, atMin: 1 });
}

describe('a player’s frequency', () => {
  it('counts the deposits that stand, and the days on which they came', async () => {
    await register('P1');
    await deposit('P1', 'D1', daysIn(2));
    await deposit('P1', 'D2', daysIn(2) + 60);
    await deposit('P1', 'D3', daysIn(10));
    await deposit('P1', 'D4', daysIn(30));
    await value.bench.chargeback({ player: 'P1', key: 'C4', refersTo: 'D4', atMin: daysIn(31) });
    await value.bench.deposit({ player: 'P1', key: 'D5', atMin: daysIn(35), status: 'pending' });
    await value.bench.settleAll();
    const { frequency, segment } = await player('P1');
    expect(frequency).toEqual({
      deposits: 3,
      daysActive: 2,
      depositsPerActiveDay: 1.5,
      // Three in 38 days.
      depositsPer30Days: 2.37,
      recencyDays: 30,
    });
    expect(segment).toEqual({ segment: 'regular', rulesVersion: 1, because: ['deposits: 3, at least 2'] });
  });

  it('is unknown without deposits', async () => {
    await register('P1');
    await value.bench.settleAll();
    const { frequency, segment } = await player('P1');
    expect(frequency).toEqual({
      ...{
        deposits: 0,
        daysActive: 0,
        depositsPerActiveDay: null,
        depositsPer30Days: null,
        recencyDays: null,
      },
    });
    expect(segment.segment).toBe('prospect');
  });
});

describe('a player’s segment', () => {
  it.each([
    ['new', daysIn(39), NOW],
    ['occasional', daysIn(1), NOW],
    ['lapsed', daysIn(1), NOW + 30 * DAY_MS],
  ])('is %s by when the deposit was', async (expected, atMin, nowMs) => {
    await register('P1');
    await deposit('P1', 'D1', atMin);
    await value.bench.settleAll();
    reads.clock.set(nowMs);
    expect((await player('P1')).segment.segment).toBe(expected);
  });

  it('is high_value for the top of all players by NGR of the last days, in the same currency', async () => {
    const { bench } = value;
    const report = (name: string, key: string, amountMinor: bigint, code = 'EUR', daysAgo = 1) =>
      bench.accept({
        ...{ kind: 'ngr', senderEventId: key, playerExternalId: name },
        period: { fromMs: NOW - (daysAgo + 1) * DAY_MS, toMs: NOW - daysAgo * DAY_MS },
        money: { amountMinor, currency: currency(code) },
        occurredAtMs: NOW - MINUTE_MS - Number(key.startsWith('old')),
      });
    // Twenty-one players with NGR in euros: the first two are within 5 %.
    for (let index = 1; index <= 21; index += 1) {
      await register(`P${index}`);
      await report(`P${index}`, `N${index}`, BigInt(index * 100));
    }
    await register('Rich');
    await report('Rich', 'dollars', 99_999n, 'USD');
    await report('P1', 'long-ago', 99_999n, 'EUR', 120);
    await report('P3', 'old-P3', 99_999n);
    await bench.settleAll();
    const segments = async (...names: string[]) =>
      Promise.all(names.map(async (name) => (await player(name)).segment.segment));
    expect(await segments('P21', 'P20', 'P19', 'P1', 'P3', 'Rich')).toEqual([
      ...['high_value', 'high_value', 'prospect', 'prospect', 'prospect', 'prospect'],
    ]);
    expect((await player('P20')).segment.because).toEqual([
      'NGR of 90 days: 20.00 EUR, place 2 of 21, within the top 5 %',
    ]);
    reads.clock.set(NOW + 100 * DAY_MS);
    expect(await segments('P21')).toEqual(['prospect']);
  });

  it('follows new rules at once, and names their version', async () => {
    await register('P1');
    await deposit('P1', 'D1', daysIn(1));
    await value.bench.settleAll();
    const total = [
      { amount: '1.00', currency: 'USD' },
      { amount: '100.00', currency: 'EUR' },
    ];
    const rules = [
      { segment: 'vip', when: { depositTotal: total, maxRecencyDays: 39 } },
      { segment: 'rest', when: {} },
    ];
    await value.admin.put('/v1/segments', { rules }).expect(200);
    expect((await player('P1')).segment).toEqual({
      segment: 'vip',
      rulesVersion: 2,
      because: ['deposit total: 100.00 EUR, at least 100.00', 'days since the last deposit: 39, at most 39'],
    });
  });
});

describe('/v1/segments', () => {
  const stored = () =>
    reads.db('segment_rule_sets').where({ workspace_id: uuidFromId(value.bench.tenant.workspaceId) });

  it('begins with rules that nobody wrote, and keeps every version', async () => {
    const born = await value.admin.get('/v1/segments').expect(200);
    expect(born.headers.etag).toBe('"1"');
    expect(born.body).toMatchObject({ version: 1, createdBy: null });
    expect(born.body.rules.map(({ segment }: { segment: string }) => segment)).toEqual([
      ...['high_value', 'lapsed', 'new', 'regular', 'occasional', 'prospect'],
    ]);
    const changed = await value.admin.put('/v1/segments', { version: 1, ...EVERYBODY }).expect(200);
    expect(changed.headers.etag).toBe('"2"');
    expect(changed.body).toMatchObject({
      version: 2,
      createdBy: expect.stringMatching(/^key:key_/),
      ...EVERYBODY,
    });
    expect((await value.admin.get('/v1/segments')).body).toEqual(changed.body);
    expect((await value.admin.get('/v1/segments?version=1')).body).toEqual(born.body);
    expect((await value.admin.get('/v1/segments?version=3')).status).toBe(404);
    const audited = await reads
      .db('audit')
      .where({ workspace_id: uuidFromId(value.bench.tenant.workspaceId) });
    expect(audited).toMatchObject([{ detail: { version: 2, ...EVERYBODY } }]);
  });

  it('repeated, finds its wish fulfilled', async () => {
    await value.admin.put('/v1/segments', EVERYBODY).expect(200);
    expect((await value.admin.put('/v1/segments', EVERYBODY)).body.version).toBe(2);
    const { rules } = (await value.admin.get('/v1/segments')).body;
    expect((await value.admin.put('/v1/segments', { rules })).body.version).toBe(2);
    expect(await stored()).toHaveLength(1);
  });

  it('refuses a stale version and a stale If-Match with 409', async () => {
    await value.admin.put('/v1/segments', EVERYBODY).expect(200);
    const other = { rules: [{ segment: 'nobody', when: { minDeposits: 1 } }] };
    expect((await value.admin.put('/v1/segments', { version: 1, ...other })).status).toBe(409);
    expect((await value.admin.put('/v1/segments', other).set('if-match', '"1"')).status).toBe(409);
    expect((await value.admin.put('/v1/segments', other).set('if-match', '"2"')).status).toBe(200);
  });

  it('lets one of many at once through', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        value.admin.put('/v1/segments', {
          version: 1,
          rules: [{ segment: 'some', when: { minDeposits: index } }],
        }),
      ),
    );
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([
      200,
      ...Array.from({ length: 7 }, () => 409),
    ]);
  });

  it.each([
    ['no rule', { rules: [] }, 'rules'],
    ['a name with blanks', { rules: [{ segment: 'My whales', when: {} }] }, 'rules.0.segment'],
    ['an unknown condition', { rules: [{ segment: 'a', when: { mood: 1 } }] }, 'rules.0.when.mood'],
    [
      'a negative count',
      { rules: [{ segment: 'a', when: { minDeposits: -1 } }] },
      'rules.0.when.minDeposits',
    ],
    [
      'a bare amount',
      { rules: [{ segment: 'a', when: { ngr: { amount: '1', currency: 'EUR' } } }] },
      'rules.0.when.ngr',
    ],
    [
      'a currency twice',
      {
        rules: [
          {
            segment: 'a',
            when: {
              ngr: [
                { amount: '1', currency: 'EUR' },
                { amount: '2', currency: 'EUR' },
              ],
            },
          },
        ],
      },
      'rules.0.when.ngr',
    ],
    [
      'more than all players',
      { rules: [{ segment: 'a', when: { topNgr: { percent: 101, days: 90 } } }] },
      'rules.0.when.topNgr.percent',
    ],
  ])('refuses %s', async (_what, body, path) => {
    const refused = await value.admin.put('/v1/segments', body);
    expect(refused.status).toBe(400);
    expect(refused.body.errors.map((problem: { path: string }) => problem.path)).toEqual([path]);
    expect(await stored()).toEqual([]);
  });

  it('is for keys that may set up, and changes nobody else’s', async () => {
    await value.admin.put('/v1/segments', EVERYBODY).expect(200);
    const reader = await openValueBench(reads);
    const key = await insertApiKey(reads.db, { ...reader.bench.tenant, scopes: ['read'] });
    expect((await adminOf(reads, key).put('/v1/segments', EVERYBODY)).status).toBe(403);
    expect((await reader.admin.get('/v1/segments')).body.version).toBe(1);
  });
});
