import { idFromUuid } from '../../domain/ids';
import { DAY_MS, MINUTE_MS, toIso } from '../../domain/time';
import { insertAttempt, insertDestination } from '../../testing/builders/insert-postback';
import { insertVerdict } from '../../testing/builders/insert-verdict';
import { type ExplanationBench, openExplanationBench } from '../../testing/explanation-bench';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { ruleOn } from '../../testing/rule-on';
import type { SettlementBench } from '../../testing/settlement-bench';

let reads: ReadsFixture;
let bench: SettlementBench;
let convert: ExplanationBench['convert'];
let explain: ExplanationBench['explain'];
let pathOf: ExplanationBench['pathOf'];
let pay: ExplanationBench['pay'];

beforeAll(async () => {
  reads = await startReads();
});
afterAll(() => reads.stop());

async function open(given: Parameters<typeof openExplanationBench>[1] = {}): Promise<void> {
  ({ bench, convert, explain, pathOf, pay } = await openExplanationBench(reads, given));
}
beforeEach(() => open());

describe('the explanation of', () => {
  it('a plain first deposit tells the whole chain', async () => {
    await convert();
    const { json } = await explain('D1');
    expect(json.conversion).toMatchObject({ status: 'approved', firstDeposit: true, revision: 1 });
    expect(json.facts.map(({ role, senderEventId }) => [role, senderEventId])).toEqual([
      ['binding', 'R-D1'],
      ['standing', 'D1'],
    ]);
    expect(json.facts[1]).toMatchObject({
      event: 'deposit',
      status: 'confirmed',
      value: { amount: '100.00', currency: 'EUR' },
      trust: 'keyed',
      source: { name: 'api', kind: 'api' },
      occurredAt: toIso(bench.startMs + 3 * MINUTE_MS),
      occurredAtSource: 'sender',
      verdict: { outcome: 'allow', rulesVersion: 1 },
      clickVerdict: null,
    });
    expect(json.binding).toMatchObject({
      event: 'registration',
      provisional: false,
      reason: 'last_touch',
      contests: [],
    });
    expect(json.deals).toEqual([
      {
        partnerId: bench.partnerId,
        dealId: bench.dealId,
        version: 1,
        terms: '50.00 EUR for a first deposit',
      },
    ]);
    expect(json.touches).toMatchObject([{ touchKind: 'click', weight: 1, losingReason: null }]);
    expect(json.commission).toMatchObject([
      {
        partnerId: bench.partnerId,
        kind: 'cpa',
        amount: { amount: '50.00', currency: 'EUR' },
        explanation: '50.00 EUR: 50.00 EUR for a first deposit.',
        qualification: { minDeposit: null, until: null, outcome: 'first_deposit' },
        stage: 'approved',
        slot: null,
        payments: [],
      },
    ]);
    expect(json.audit.map(({ action }) => action)).toEqual(['conversion.settled']);
    expect(json.cut).toEqual([]);
  });

  it('a plain first deposit tells what was booked, whom it was told to, and all of it as text', async () => {
    await insertDestination(reads.db, { ...bench.tenant, partnerId: bench.partnerId });
    await convert();
    const [postback] = await reads
      .db('postbacks')
      .where('workspace_id', (await bench.conversion('D1'))?.workspace_id as string);
    await insertAttempt(reads.db, { postbackId: idFromUuid('pbk', postback.postback_id), attemptNo: 1 });
    const { json, text } = await explain('D1');
    expect(json.ledger).toMatchObject([
      {
        reason: 'first_deposit',
        revision: 1,
        cause: { event: 'deposit', senderEventId: 'D1' },
        entries: [
          { account: `expense:commission:${bench.campaignId}`, amount: '50.00', currency: 'EUR' },
          { account: `payable:${bench.partnerId}`, amount: '-50.00', currency: 'EUR' },
        ],
      },
    ]);
    expect(json.deliveries).toMatchObject([
      {
        event: 'first_deposit',
        status: 'pending',
        attemptCount: 1,
        attempts: [{ outcome: 'retry', status: 503 }],
      },
    ]);
    for (const part of [
      'What: first deposit of player ply_',
      'Status: approved\n',
      'deposit confirmed of 100.00 EUR (the event itself)',
      'verdict: allow, score 0, rule set 1',
      'by the registration R-D1 (last_touch)',
      '100 % of the credit, 100.00 EUR of the value',
      '50.00 EUR: 50.00 EUR for a first deposit.',
      `payable:${bench.partnerId} -50.00 EUR`,
      'first_deposit to A destination: pending, 1 attempt',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('a deposit that three partners share names each one’s deal, weight and amount', async () => {
    await open({ campaign: { model: 'linear' } });
    const visitorId = bench.visitor();
    const partners = [bench.partnerId, await bench.partner(), await bench.partner({ cpaMinor: 9_000n })];
    let clickId = await bench.click({ visitorId });
    for (const [index, partnerId] of partners.slice(1).entries()) {
      clickId = await bench.click({ visitorId, partnerId, atMin: index + 1 });
    }
    await bench.settle((await bench.registration({ key: 'R1', click: clickId, atMin: 10 })).id);
    await bench.settle((await bench.deposit({ key: 'D1', atMin: 11 })).id);
    const { json, text } = await explain('D1');
    expect(json.touches.map(({ partnerId, weight, amount }) => [partnerId, weight, amount?.amount])).toEqual([
      [partners[0], 0.333334, '33.34'],
      [partners[1], 0.333333, '33.33'],
      [partners[2], 0.333333, '33.33'],
    ]);
    const amounts = new Map(json.commission.map((line) => [line.partnerId, line.amount.amount]));
    expect(partners.map((partnerId) => amounts.get(partnerId))).toEqual(['16.67', '16.67', '30.00']);
    expect(json.deals).toHaveLength(3);
    expect(json.binding?.contests).toHaveLength(2);
    expect(text).toContain('33.3333 % of the credit');
    expect(text).toContain(
      '30.00 EUR: 90.00 EUR for a first deposit, of which 33.3333 % of the credit is the partner’s.',
    );
  });

  it('what a person rejected and then approved shows both rulings and every booking', async () => {
    const clickId = await bench.click();
    await bench.settle((await bench.registration({ key: 'R1', click: clickId, atMin: 1 })).id);
    const deposit = await bench.deposit({ key: 'D1', atMin: 2 });
    const reasons = [{ code: 'odd', detail: 'Looks odd.' }];
    const verdict = { outcome: 'review' as const, score: 40, reasons };
    await insertVerdict(reads.db, { ...bench.tenant, subjectId: deposit.id, verdict });
    await bench.settleAssessed(deposit.id);
    expect((await explain('D1')).text).toContain('Status: pending: it waits for a person (in_review)');
    await ruleOn(bench, 'D1', 'approve', 'known player');
    await ruleOn(bench, 'D1', 'reject', 'same card\nas another');
    await ruleOn(bench, 'D1', 'approve', 'the other one is his');
    const { json, text } = await explain('D1');
    expect(json.rulings.map(({ decision, actor }) => `${decision} ${actor}`)).toEqual([
      'approve key:key_of_a_reviewer',
      'reject key:key_of_a_reviewer',
      'approve key:key_of_a_reviewer',
    ]);
    expect(json.ledger.map(({ entries }) => entries.map(({ amount }) => amount))).toEqual([
      ['50.00', '-50.00'],
      ['-50.00', '50.00'],
      ['50.00', '-50.00'],
    ]);
    expect(json.ledger.every(({ cause }) => cause.event === 'ruling')).toBe(true);
    expect(json.audit.filter(({ action }) => action === 'conversion.ruled')).toHaveLength(3);
    expect(text).toContain('verdict: review, score 40, rule set 1; odd (Looks odd.)');
    expect(text).toMatch(/decided "reject" on revision \d: same card as another\n/);
  });

  it('what a full cap left unpaid says which cap, and when that was decided', async () => {
    await open({ caps: { total: 1 } });
    await convert({ player: 'P1', key: 'D1' });
    await convert({ player: 'P2', key: 'D2' });
    expect((await explain('D1')).json.commission[0]?.slot).toMatchObject({ granted: true, refusedBy: null });
    const { json, text } = await explain('D2');
    expect(json.commission).toMatchObject([
      {
        amount: { amount: '0.00' },
        reason: 'total_cap_reached',
        slot: { granted: false, refusedBy: 'total', askedForAt: toIso(bench.startMs + 3 * MINUTE_MS) },
      },
    ]);
    expect(text).toContain('0.00 EUR: the deal’s cap was full (total_cap_reached).');
    expect(text).toContain('capped deal: no slot: the cap by total was full');
    expect(text).toContain('at most 1 players ever');
  });

  it('what is on hold says until when', async () => {
    await open({ holdDays: 7, minDepositMinor: 2_000n, qualificationDays: 30 });
    await convert();
    const { json, text } = await explain('D1');
    const until = toIso(bench.startMs + 3 * MINUTE_MS + 7 * DAY_MS);
    expect(json.conversion.status).toBe('qualified');
    expect(json.commission).toMatchObject([
      {
        stage: 'qualified',
        holdUntil: until,
        qualification: {
          minDeposit: { amount: '20.00', currency: 'EUR' },
          until: toIso(bench.startMs + MINUTE_MS + 30 * DAY_MS),
          outcome: 'first_deposit',
        },
      },
    ]);
    expect(json.ledger[0]?.entries[1]?.account).toBe(`held:${bench.partnerId}`);
    expect(text).toContain(`on hold; held until ${until}`);
    expect(text).toContain('qualifies: a first deposit of at least 20.00 EUR, by ');
  });

  it('what was paid and charged back shows the payment, the chargeback and what is to come back', async () => {
    await convert();
    reads.clock.set(Date.now());
    const { payoutId } = await pay('wire-7');
    expect((await explain('D1')).json.conversion.status).toBe('paid');
    await bench.settle((await bench.chargeback({ key: 'C1', refersTo: 'D1', atMin: 9 })).id);
    const { json, text } = await explain('D1');
    expect(json.conversion.status).toBe('reversed');
    expect(json.facts.at(-1)).toMatchObject({ role: 'chargeback', refersTo: 'D1', senderEventId: 'C1' });
    expect(json.commission[0]?.payments).toMatchObject([
      { payoutId, reference: 'wire-7', amount: { amount: '50.00', currency: 'EUR' } },
    ]);
    expect(json.ledger.at(-1)).toMatchObject({ cause: { event: 'chargeback', senderEventId: 'C1' } });
    expect(json.audit.map(({ action }) => action)).toEqual([
      'conversion.settled',
      'conversion.paid',
      'conversion.settled',
    ]);
    expect(text).toContain('Status: reversed: the deposit was charged back (charged_back)');
    expect(text).toContain('of 100.00 EUR of D1 (takes money back)');
    expect(text).toContain('reference wire-7');
  });

  it('a contested registration shows who came first, who last, how late, and what of it', async () => {
    const visitorId = bench.visitor();
    const thief = await bench.partner();
    const first = await bench.click({ visitorId });
    const last = await bench.click({ visitorId, partnerId: thief, atMin: 4.9 });
    await bench.settle((await bench.registration({ key: 'R1', click: last, atMin: 5 })).id);
    await bench.settle((await bench.deposit({ key: 'D1', atMin: 6 })).id);
    const { json, text } = await explain('R1', 'registration');
    expect(json.binding).toMatchObject({ clickId: first, partnerId: bench.partnerId });
    expect(json.binding?.contests).toEqual([
      {
        protectedClickId: first,
        protectedPartnerId: bench.partnerId,
        challengerClickId: last,
        challengerPartnerId: thief,
        gapMs: expect.any(Number),
        refused: true,
        reason: 'click_just_before_event',
      },
    ]);
    expect(json.touches).toMatchObject([
      { touchId: first, weight: 1, losingReason: null },
      { touchId: last, weight: null, losingReason: 'contested' },
    ]);
    expect(text).toContain('refused the credit (click_just_before_event)');
    expect(text).toContain('not credited, contested');
    const deposit = await explain('D1');
    expect(deposit.json.binding?.contests).toHaveLength(1);
    expect(await pathOf('R1', 'registration')).toContain(String(deposit.json.binding?.conversionId));
  });

  it('what a self-excluded player did names the exclusion', async () => {
    const clickId = await bench.click();
    await bench.settle((await bench.registration({ key: 'R1', click: clickId, atMin: 1 })).id);
    const given = {
      kind: 'self_exclusion',
      senderEventId: 'X1',
      occurredAtMs: bench.startMs + 2 * MINUTE_MS,
    } as const;
    await bench.settle((await bench.accept(given)).id);
    await bench.settle((await bench.deposit({ key: 'D1', atMin: 3 })).id);
    const { json, text } = await explain('D1');
    expect(json.facts.map(({ role }) => role)).toEqual(['binding', 'self_exclusion', 'standing']);
    expect(json.commission).toMatchObject([{ amount: { amount: '0.00' }, reason: 'self_excluded' }]);
    expect(json.ledger).toEqual([]);
    expect(text).toContain('self_exclusion until further notice (the player excluded himself)');
    expect(text).toContain('the player was self-excluded at that time (self_excluded)');
    expect(text).toContain('Nothing was booked.');
  });

  it('an install that nobody sent says so', async () => {
    const clickId = await bench.click({ partnerId: null });
    await bench.settle((await bench.install({ key: 'I1', click: clickId, atMin: 1 })).id);
    const { json, text } = await explain('I1', 'install');
    expect(json).toMatchObject({ binding: null, deals: [], commission: [] });
    expect(text).toContain('What: install of nobody known');
    expect(text).toContain('No player is bound.');
    expect(text).toContain('It earns nobody a commission.');
  });

  it('a deposit leaves out tests and what is still in quarantine', async () => {
    await convert();
    const report = (key: string, status: 'failed' | 'pending' | 'reversed', given: object = {}) =>
      bench.deposit({ key, transaction: 'D1', atMin: 4, status, ...given });
    await bench.settle((await report('D1-test', 'failed', { isTest: true })).id);
    await bench.settle((await report('D1-late', 'pending')).id);
    expect((await report('D1-ahead', 'reversed', { atMin: 600 })).status).toBe('quarantined');
    const { json } = await explain('D1');
    expect(json.facts.map(({ role, senderEventId }) => [role, senderEventId])).toEqual([
      ['binding', 'R-D1'],
      ['standing', 'D1'],
      ['same_transaction', 'D1-late'],
    ]);
    const only = await bench.deposit({ player: 'P9', key: 'T1', atMin: 4, isTest: true });
    await bench.settle(only.id);
    expect(await bench.conversion('T1')).toBeUndefined();
  });
});
