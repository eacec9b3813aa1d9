import { type FakeConversion, ltvOf, stageOf } from './fake-books';
import { type FakeState, fakeId, type Reply } from './fake-state';

/** So small that every list of a test spans several pages. */
const PAGE_SIZE = 2;

/** `GET /v1/…` */
export function readResource(state: FakeState, url: URL): Reply {
  const [, , kind = '', wanted = ''] = url.pathname.split('/');
  const clickId = url.searchParams.get('clickId');
  switch (kind) {
    case 'clicks':
      return readClick(state, wanted);
    case 'conversions': {
      const campaignId = url.searchParams.get('campaignId');
      const ofPlayer = state.players.get(url.searchParams.get('playerId') ?? '');
      const suits = (id: string): boolean =>
        id === clickId || id === ofPlayer || state.clicks.get(id)?.campaignId === campaignId;
      return pageOf(
        [...state.conversions].filter(([id]) => suits(id)).flatMap(([, list]) => list),
        url,
      );
    }
    case 'postbacks':
      return pageOf(
        [...state.postbacks.values()].filter((postback) => postback.clickId === clickId),
        url,
      );
    case 'reviews': {
      const campaignId = url.searchParams.get('campaignId');
      return pageOf(
        [...state.conversions]
          .filter(([id]) => state.clicks.get(id)?.campaignId === campaignId)
          .flatMap(([, list]) => list.filter(({ reason }) => reason === 'in_review').map(waitingReview)),
        url,
      );
    }
    case 'players': {
      const own = state.conversions.get(state.players.get(decodeURIComponent(wanted)) ?? '') ?? [];
      return { status: 200, body: { playerId: fakeId('ply'), ltv: ltvOf(own) } };
    }
    case 'quarantine': {
      const all = [...state.events.values()];
      return pageOf(
        state.faults.openQuarantine ? all.slice(0, 1) : all.filter((entry) => entry.clickId === null),
        url,
      );
    }
    case 'ledger':
      return { status: 200, body: { currencies: trialBalance(state) } };
    default:
      return { status: 404 };
  }
}

function waitingReview(conversion: FakeConversion) {
  const reasons = [{ code: 'empty_user_agent', detail: 'The client did not say what it is.' }];
  return { ...conversion, verdict: { outcome: 'review', score: 30, reasons } };
}

function readClick(state: FakeState, clickId: string): Reply {
  const click = state.clicks.get(clickId);
  if (!click || state.faults.forgetsClicks) return { status: 404 };
  const workflowId = `click:wsp:${clickId}`;
  const stage = stageOf(state.conversions.get(clickId) ?? []);
  const journey = { workflowId, stage, temporalUrl: `http://ui/namespaces/default/workflows/${workflowId}` };
  return {
    status: 200,
    body: {
      ...click,
      verdict: { outcome: click.outcome, score: 0, reasons: [] },
      journey,
      timeline: timelineOf(state, clickId),
    },
  };
}

/** The click and its events; what followed from them is left to the real instance. */
function timelineOf(state: FakeState, clickId: string) {
  const events = [...state.events.values()].filter((entry) => entry.clickId === clickId);
  return [
    { at: '2026-11-21T10:00:00.000Z', kind: 'click', detail: clickId },
    ...events.map(({ event }) => ({
      at: event.occurredAt,
      kind: event.kind,
      ...(event.body.status !== undefined && { reason: event.body.status }),
      detail: event.eventId,
    })),
  ];
}

function trialBalance(state: FakeState) {
  const lines = [...state.conversions].flatMap(([clickId, list]) => {
    const campaignId = state.clicks.get(clickId)?.campaignId ?? '';
    return list.flatMap(({ commission }) => commission.map((line) => ({ ...line, campaignId })));
  });
  return [...new Set(lines.map(({ currency }) => currency))].map((currency) => {
    const balances = new Map<string, number>();
    const add = (account: string, amount: number) =>
      balances.set(account, (balances.get(account) ?? 0) + amount);
    for (const line of lines.filter((candidate) => candidate.currency === currency)) {
      if (!state.faults.forgetsPayables) add(`payable:${line.partnerId}`, -Number(line.amount));
      add(`expense:commission:${line.campaignId}`, Number(line.amount));
    }
    const accounts = [...balances].map(([account, balance]) => ({ account, balance: balance.toFixed(2) }));
    return { currency, total: state.faults.unbalanced ? '0.01' : '0.00', accounts };
  });
}

function pageOf(all: readonly unknown[], url: URL): Reply {
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const next = from + PAGE_SIZE;
  return {
    status: 200,
    body: { data: all.slice(from, next), nextCursor: next < all.length ? String(next) : null },
  };
}
