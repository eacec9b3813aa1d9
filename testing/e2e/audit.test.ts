import { audit } from './audit';
import { commissionOf } from './audit-money';
import { honestEvidence } from './honest-evidence';
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

  it('computes what the events deserve', () => {
    const deposits = honestEvidence().client.events.filter(({ kind }) => kind === 'deposit');
    const [deposit] = deposits.filter(({ campaign }) => campaign === 'alpha');
    if (deposit === undefined) throw new Error('the evidence has no deposit');
    const { eventId, amountMinor } = deposit;
    const later = { ...deposit, eventId: 'later', occurredAtMs: deposit.occurredAtMs + 1 };
    const chargeback = { ...deposit, kind: 'chargeback' as const, takesBack: eventId, amountMinor };
    expect(commissionOf([])).toBe(0n);
    expect(commissionOf([deposit])).toBe(4_000n);
    expect(commissionOf([later, deposit])).toBe(4_000n);
    expect(commissionOf([{ ...deposit, amountMinor: 1_999n }])).toBe(0n);
    expect(commissionOf([later, { ...deposit, amountMinor: 1_999n }])).toBe(0n);
    expect(commissionOf([later, deposit, chargeback])).toBe(0n);
    expect(commissionOf([deposit, { ...chargeback, takesBack: 'another' }])).toBe(4_000n);
  });
});
