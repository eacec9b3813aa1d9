import type { PostbackContext } from './context';
import { type DestinationTarget, renderPostback, validateDestinationUrl } from './render';

const context: PostbackContext = {
  event: 'first_deposit',
  occurredAtMs: Date.UTC(2026, 10, 21, 10, 15, 0, 250),
  trust: 'signed',
  conversionId: 'cnv_1',
  clickId: 'clk_1',
  externalId: 'ext 1',
  campaignId: 'cmp_1',
  partnerId: 'ptn_1',
  transactionId: 'tx/1',
  amount: '49.90',
  currency: 'EUR',
  payout: '30.00',
  payoutCurrency: 'GBP',
  ltv: '49.90',
  playerHash: 'abc',
  subs: { sub10: 'j', sub2: 'b' },
};
const webhook: DestinationTarget = { kind: 'webhook', url: 'https://hook.example/in', method: 'GET' };
const everyMacro =
  'https://t.example/p?c={click_id}&x={external_id}&e={event}&t={transaction_id}&a={amount}&u={currency}' +
  '&p={payout}&s1={sub1}&s2={sub2}&w={partner_id}&k={campaign_id}&h={player_hash}&l={ltv}&d={timestamp}&pc={payout_currency}&tr={trust}';

describe('renderPostback', () => {
  it.each(['GET', 'POST'] as const)('renders a partner URL for %s', (method) => {
    expect(renderPostback({ kind: 'partner_url', url: everyMacro, method }, context)).toEqual({
      url:
        'https://t.example/p?c=clk_1&x=ext%201&e=first_deposit&t=tx%2F1&a=49.90&u=EUR' +
        '&p=30.00&s1=&s2=b&w=ptn_1&k=cmp_1&h=abc&l=49.90&d=1795256100&pc=GBP&tr=signed',
      method,
      headers: {},
      body: null,
    });
  });

  it('renders a webhook as a posted JSON text with a fixed order of keys', () => {
    expect(renderPostback(webhook, context)).toEqual({
      url: 'https://hook.example/in',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body:
        '{"type":"first_deposit","timestamp":"2026-11-21T10:15:00.250Z","data":{"conversionId":"cnv_1","revision":0,"trust":"signed",' +
        '"clickId":"clk_1","externalId":"ext 1","campaignId":"cmp_1","partnerId":"ptn_1","transactionId":"tx/1",' +
        '"amount":"49.90","currency":"EUR","payout":"30.00","payoutCurrency":"GBP","ltv":"49.90","playerHash":"abc",' +
        '"subs":{"sub2":"b","sub10":"j"}}}',
    });
  });

  it('gives the same bytes whatever the order of the facts is', () => {
    const reversed = Object.fromEntries(Object.entries(context).reverse()) as PostbackContext;
    const other = { ...reversed, subs: { sub2: 'b', sub10: 'j' } };
    expect(renderPostback(webhook, other)).toEqual(renderPostback(webhook, context));
  });

  it('shows absent facts as null', () => {
    const { body } = renderPostback(webhook, { event: 'test', occurredAtMs: 0 });
    expect(JSON.parse(body ?? '')).toEqual({
      type: 'test',
      timestamp: '1970-01-01T00:00:00.000Z',
      data: {
        conversionId: null,
        revision: 0,
        trust: null,
        clickId: null,
        externalId: null,
        campaignId: null,
        partnerId: null,
        transactionId: null,
        amount: null,
        currency: null,
        payout: null,
        payoutCurrency: null,
        ltv: null,
        playerHash: null,
        subs: {},
      },
    });
  });

  it('lets nothing personal through, even when it is handed in', () => {
    const personal = { email: 'a@b.example', ip: '203.0.113.9', userAgent: 'Mozilla', name: 'Ann' };
    const careless: PostbackContext = { ...context, ...personal };
    const subs = { ...context.subs, ...personal };
    for (const target of [webhook, { kind: 'partner_url', url: everyMacro, method: 'GET' } as const]) {
      expect(renderPostback(target, { ...careless, subs })).toEqual(renderPostback(target, context));
    }
  });
});

describe('validateDestinationUrl', () => {
  it('takes macros in a partner URL and none in a webhook', () => {
    expect(validateDestinationUrl('partner_url', everyMacro)).toEqual({ ok: true });
    expect(validateDestinationUrl('webhook', 'https://hook.example/in?a=1')).toEqual({ ok: true });
    expect(validateDestinationUrl('webhook', 'https://hook.example/{click_id}')).toEqual({
      ok: false,
      problem: 'has an unknown macro {click_id}; this URL takes none',
    });
  });
});
