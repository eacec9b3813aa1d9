/** The smallest model of clicks, events and money that answers like an instance; written apart from the plan. */
export type FakeClick = {
  clickId: string;
  campaignId: string;
  partnerId: string;
  outcome: 'allow' | 'review';
  /** Macro values that postbacks need. */
  sub1: string;
};

export type FakeEvent = {
  kind: string;
  eventId: string;
  body: Record<string, string>;
  playerId: string | null;
  occurredAt: string;
};

export type FakeDeal = {
  cpa: { amount: string; currency: string };
  minDeposit: { amount: string; currency: string };
};

export type FakeConversion = {
  conversionId: string;
  revision: number;
  clickId: string;
  event: string;
  transactionId: string;
  status: 'pending' | 'approved' | 'rejected' | 'reversed';
  reason: string | null;
  value: { amount: string; currency: string } | null;
  commission: { partnerId: string; amount: string; currency: string; dealVersion: number; kind: string }[];
};

/** Derives a click's conversions from all its events: any order and number of arrivals gives the same. */
export function conversionsOf(
  click: FakeClick,
  events: readonly FakeEvent[],
  deal: FakeDeal,
): FakeConversion[] {
  const of = (kind: string): FakeEvent[] => events.filter((event) => event.kind === kind);
  const conversion = (event: FakeEvent, name: string): FakeConversion => ({
    conversionId: `cnv_${event.eventId}`,
    revision: 1,
    clickId: click.clickId,
    event: name,
    transactionId: event.body.transactionId ?? event.eventId,
    status: 'approved',
    reason: null,
    value: null,
    commission: [],
  });
  const plain = ['install', 'registration'].flatMap((kind) =>
    of(kind).map((event) => conversion(event, kind)),
  );
  const confirmed = of('deposit')
    .filter((event) => (event.body.status ?? 'confirmed') === 'confirmed')
    .toSorted((a, b) => a.occurredAt.localeCompare(b.occurredAt));
  const takenBack = new Set(of('chargeback').map((event) => event.body.depositEventId));
  const deposits = confirmed.map((event, position): FakeConversion => {
    const { amount = '0', currency = '' } = event.body;
    const reversed = takenBack.has(event.eventId);
    const pays =
      position === 0 && currency === deal.cpa.currency && Number(amount) >= Number(deal.minDeposit.amount);
    const earned = pays && !reversed ? deal.cpa.amount : '0.00';
    return {
      ...conversion(event, position === 0 ? 'first_deposit' : 'deposit'),
      revision: reversed ? 2 : 1,
      status: reversed ? 'reversed' : 'approved',
      value: { amount, currency },
      commission: [
        {
          partnerId: click.partnerId,
          amount: earned,
          currency: deal.cpa.currency,
          dealVersion: 1,
          kind: 'cpa',
        },
      ],
    };
  });
  return [...plain, ...deposits, ...pendingOnes(of('deposit'), conversion)];
}

/** Deposits that wait for their confirmation: shown, and worth nothing. */
function pendingOnes(
  deposits: readonly FakeEvent[],
  conversion: (event: FakeEvent, name: string) => FakeConversion,
): FakeConversion[] {
  const confirmed = new Set(
    deposits.filter(({ body }) => body.status !== 'pending').map(({ body }) => body.transactionId),
  );
  return deposits
    .filter(({ body }) => body.status === 'pending' && !confirmed.has(body.transactionId))
    .map((event) => ({ ...conversion(event, 'deposit'), status: 'pending', reason: 'deposit_pending' }));
}

export type FakeDecision = { decision: string; revision: number };

/** What a doubtful click has brought waits for a person, and is what that person says. */
export function reviewed(
  click: FakeClick,
  conversions: readonly FakeConversion[],
  decisions: ReadonlyMap<string, FakeDecision>,
): FakeConversion[] {
  if (click.outcome !== 'review') return [...conversions];
  return conversions.map((conversion) => {
    const ruling = decisions.get(conversion.conversionId);
    if (conversion.status !== 'approved') return conversion;
    const unpaid = conversion.commission.map((line) => ({ ...line, amount: '0.00' }));
    if (ruling === undefined) {
      return { ...conversion, status: 'pending', reason: 'in_review', commission: [] };
    }
    const revision = ruling.revision + 1;
    if (ruling.decision === 'approve') return { ...conversion, revision };
    return { ...conversion, revision, status: 'rejected', reason: 'rejected_by_ruling', commission: unpaid };
  });
}

export function stageOf(conversions: readonly FakeConversion[]): string {
  const events = conversions
    .filter(({ reason }) => reason !== 'in_review' && reason !== 'rejected_by_ruling')
    .map(({ event }) => event);
  if (events.includes('first_deposit')) return 'converted';
  if (events.includes('registration')) return 'registered';
  return events.includes('install') ? 'installed' : 'waiting';
}

/** Lifetime deposits per currency, as the player read shows them. */
export function ltvOf(conversions: readonly FakeConversion[]) {
  const currencies = new Set(conversions.flatMap(({ value }) => value?.currency ?? []));
  return [...currencies].map((currency) => {
    const amounts = conversions.flatMap(({ value }) =>
      value?.currency === currency ? [Number(value.amount)] : [],
    );
    const total = amounts.reduce((sum, amount) => sum + Math.round(amount * 100), 0) / 100;
    return { currency, deposits: { count: amounts.length, total: total.toFixed(2) } };
  });
}
