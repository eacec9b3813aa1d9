import { readRefund } from './refund';

describe('readRefund', () => {
  it('takes a part back as a chargeback of the deposit that its transaction names', () => {
    const fields = { eventId: 'R1', transactionId: 'D1', amount: '20', currency: 'EUR', playerId: 'p' };
    expect(readRefund(fields)).toEqual({
      ok: true,
      kind: 'chargeback',
      status: null,
      fields: { ...fields, transactionId: 'R1', depositEventId: 'D1' },
    });
  });

  it.each([
    ['its transaction', { transactionId: 'R1', depositEventId: 'D1', amount: '20' }],
    ['its event', { eventId: 'R1', depositEventId: 'D1', amount: '20' }],
  ])('is told from others by %s, where the deposit is named apart', (_what, fields) => {
    expect(readRefund(fields)).toMatchObject({
      kind: 'chargeback',
      fields: { eventId: 'R1', transactionId: 'R1', depositEventId: 'D1' },
    });
  });

  it.each([
    ['the transaction', { transactionId: 'D1', currency: 'EUR' }, 'D1'],
    ['a field of its own', { transactionId: 'R1', depositEventId: 'D1' }, 'R1'],
    ['a field of its own, without more', { depositEventId: 'D1' }, 'D1'],
    ['the transaction, beside its own id', { eventId: 'R1', transactionId: 'D1' }, 'R1'],
  ])('takes all back as a status of the deposit, named by %s', (_what, fields, eventId) => {
    const refund = readRefund(fields);
    expect(refund).toEqual({
      ok: true,
      kind: 'deposit',
      status: 'reversed',
      fields: { eventId, transactionId: 'D1' },
    });
  });

  it.each([
    ['no deposit', { eventId: 'R1', amount: '20' }, 'depositEventId'],
    ['no deposit and no amount', { eventId: 'R1' }, 'depositEventId'],
    ['a part and no id of its own', { transactionId: 'D1', amount: '20' }, 'eventId'],
    ['a part, a deposit and no id of its own', { depositEventId: 'D1', amount: 20 }, 'eventId'],
  ])('is none with %s', (_what, fields, path) => {
    expect(readRefund(fields)).toMatchObject({ ok: false, problem: { path } });
  });
});
