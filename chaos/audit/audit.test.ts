import { idFromUuid } from '../../domain/ids';
import { audit } from './audit';
import { commissionOf } from './audit-money';
import { WINDOW_DAYS } from './client-log';
import { honestEvidence } from './honest-evidence';
import { mintedAtMs, publicId } from './public-id';
import { TAMPERINGS } from './tampering';

describe('the auditor', () => {
  it('finds nothing where nothing is wrong', () => {
    expect(audit(honestEvidence())).toEqual([]);
  });

  it.each(TAMPERINGS)('finds $name', ({ breaks, spoil }) => {
    const evidence = honestEvidence();
    spoil(evidence);
    expect(audit(evidence)).toContainEqual({ rule: breaks, what: expect.any(String) });
  });

  it('reads ids as the product writes them, with no line of its code', () => {
    const uuid = '0190a5c4-9f3b-7abc-8def-0123456789ab';
    expect(publicId('clk', uuid)).toBe(idFromUuid('clk', uuid));
    expect(mintedAtMs(publicId('clk', uuid))).toBe(0x0190a5c49f3b);
  });

  it('computes what the events deserve', () => {
    const deposits = honestEvidence().client.events.filter(({ kind }) => kind === 'deposit');
    const [deposit] = deposits.filter(({ campaign }) => campaign === 'alpha');
    if (deposit === undefined) throw new Error('the evidence has no deposit');
    const { eventId, amountMinor } = deposit;
    const later = { ...deposit, eventId: 'later', occurredAtMs: deposit.occurredAtMs + 1 };
    const chargeback = { ...deposit, kind: 'chargeback' as const, takesBack: eventId, amountMinor };
    const windowEndMs = mintedAtMs(deposit.clickId) + WINDOW_DAYS * 86_400_000;
    const at = (occurredAtMs: number) => commissionOf([{ ...deposit, occurredAtMs }]);
    expect([at(windowEndMs - 1), at(windowEndMs), at(windowEndMs + 1)]).toEqual([4_000n, 4_000n, 0n]);
    const raised = (validFromMs: number) =>
      commissionOf([deposit], [{ what: 'deal', campaign: 'alpha', validFromMs, cpaMinor: 4_100n }]);
    expect(raised(deposit.occurredAtMs)).toBe(4_100n);
    expect(raised(deposit.occurredAtMs + 1)).toBe(4_000n);
    expect(commissionOf([])).toBe(0n);
    expect(commissionOf([deposit])).toBe(4_000n);
    expect(commissionOf([later, deposit])).toBe(4_000n);
    expect(commissionOf([{ ...deposit, amountMinor: 1_999n }])).toBe(0n);
    expect(commissionOf([later, { ...deposit, amountMinor: 1_999n }])).toBe(0n);
    expect(commissionOf([later, deposit, chargeback])).toBe(0n);
    expect(commissionOf([deposit, { ...chargeback, takesBack: 'another' }])).toBe(4_000n);
  });
});
