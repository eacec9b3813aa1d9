import { callbackBody, reportBody, reportPath, reportTitle } from './report';

const subject = { prefix: 'run-duplicate-1', playerId: 'run-player-1', clickId: 'clk_1' };
const atMs = Date.UTC(2026, 0, 2);
const occurredAt = '2026-01-02T00:00:00.000Z';

describe('reportBody', () => {
  it('names player and click, and makes the ids of the key', () => {
    expect(reportBody('deposit', { amount: '50.00 EUR', status: 'pending' }, subject, atMs)).toEqual({
      eventId: 'run-duplicate-1-deposit',
      playerId: 'run-player-1',
      clickId: 'clk_1',
      transactionId: 'run-duplicate-1-deposit',
      amount: '50.00',
      currency: 'EUR',
      status: 'pending',
      occurredAt,
    });
  });

  it('shares a transaction among statuses, and names the deposit that is taken back', () => {
    expect(reportBody('deposit', { key: 'a', transaction: 'tx' }, subject, atMs)).toMatchObject({
      eventId: 'run-duplicate-1-a',
      transactionId: 'run-duplicate-1-tx',
    });
    const back = { amount: '1.00 EUR', names: 'player', takesBack: 'tx' } as const;
    expect(reportBody('chargeback', back, subject, atMs)).toEqual({
      eventId: 'run-duplicate-1-chargeback',
      playerId: 'run-player-1',
      depositEventId: 'run-duplicate-1-tx',
      amount: '1.00',
      currency: 'EUR',
      occurredAt,
    });
  });

  it('names no click before there is one, unless it is made up', () => {
    const early = { ...subject, clickId: null };
    expect(reportBody('registration', {}, early, atMs)).not.toHaveProperty('clickId');
    const invented = reportBody('registration', { more: { clickId: 'clk_0' } }, early, atMs);
    expect(invented).toHaveProperty('clickId', 'clk_0');
  });
});

it.each([
  ['install', '/conversions/track'],
  ['deposit', '/webhooks/gaming/deposit'],
  ['self_exclusion', '/webhooks/gaming/self-exclusion'],
] as const)('%s goes to %s', (kind, path) => {
  expect(reportPath(kind)).toBe(path);
});

it('is called what a person would call it', () => {
  expect(reportTitle('self_exclusion', {})).toBe('self-exclusion');
  expect(reportTitle('deposit', { amount: '5.00 EUR', status: 'reversed' })).toBe(
    'deposit of 5.00 EUR, reversed',
  );
});

describe('callbackBody', () => {
  it('is what AppsFlyer sends: its own names, and a time without its zone', () => {
    expect(callbackBody({ more: { is_rejected: '1' } }, subject, atMs)).toEqual({
      appsflyer_id: 'run-duplicate-1-install',
      event_name: 'install',
      install_time: '2026-01-02 00:00:00.000',
      customer_user_id: 'run-player-1',
      af_sub1: 'clk_1',
      is_rejected: '1',
    });
  });
});
