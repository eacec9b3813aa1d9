import { type CampaignKey, createClientLog, decimal, type SentEvent, TERMS } from './client-log';
import type { Evidence } from './evidence';
import { publicId } from './public-id';

const WORKSPACE = 'wsp_test';
/** The time within the ids below. */
const CLICKED_AT_MS = 0x0190a5c40000;
const FAR_AHEAD_MS = 8_000_000_000_000;
const PARTNERS = {
  alpha: { slug: 'alpha', partnerId: 'ptn_alpha' },
  beta: { slug: 'beta', partnerId: 'ptn_beta' },
};

/** A small instance without a fault: one visitor who waits, and one player per campaign whose deposit earns. */
export function honestEvidence(): Evidence {
  const evidence: Evidence = {
    client: createClientLog(),
    partners: PARTNERS,
    workspaceId: WORKSPACE,
    database: {
      clicks: [],
      inbox: [],
      lines: [],
      entries: [],
      postbacks: [],
      outbox: [],
      quarantine: [],
      journals: [],
      audit: [],
    },
    workflows: [],
    sink: [],
    readAtMs: 0,
    temporalWasLost: false,
    gauges: [],
  };
  addClick(evidence, 0, 'alpha');
  addPlayer(evidence, 1, 'alpha');
  addPlayer(evidence, 2, 'beta');
  const { served, spans } = evidence.client;
  served.push({ what: 'click', atMs: 5 }, { what: 'event', atMs: 6 });
  for (const expects of ['comes_back', 'goes_on'] as const) {
    spans.push({ fault: 'a fault', expects, fromMs: 4, toMs: 7 });
  }
  return evidence;
}

function uuid(number: number): string {
  return `0190a5c4-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

function addClick({ client, database, workflows }: Evidence, number: number, campaign: CampaignKey): string {
  const clickId = publicId('clk', uuid(number));
  const visitor = `v${number}`;
  client.clicks.push({ visitor, campaign, tries: 1, clickId, sentAtMs: number });
  database.clicks.push({ clickId: uuid(number), visitor, expiresAtMs: FAR_AHEAD_MS, isClosed: false });
  const workflowId = `click:${WORKSPACE}:${clickId}`;
  workflows.push({ workflowId, runId: visitor, type: 'clickJourney', status: 'RUNNING', trouble: null });
  return clickId;
}

function addPlayer(evidence: Evidence, number: number, campaign: CampaignKey): void {
  const { minDepositMinor, cpaMinor, currency } = TERMS[campaign];
  const sent: Omit<SentEvent, 'eventId' | 'kind'> = {
    visitor: `v${number}`,
    campaign,
    clickId: addClick(evidence, number, campaign),
    playerId: `player-v${number}`,
    transactionId: null,
    takesBack: null,
    amountMinor: null,
    occurredAtMs: CLICKED_AT_MS + number,
    answers: [],
  };
  const money = { transactionId: `tx-v${number}`, amountMinor: minDepositMinor };
  addEvent(evidence, number * 10, { ...sent, eventId: `v${number}-reg`, kind: 'registration' });
  addEvent(evidence, number * 10 + 1, { ...sent, ...money, eventId: `v${number}-dep`, kind: 'deposit' });
  const lineId = `line-${number}`;
  const line = { lineId, currency, amountMinor: String(cpaMinor) };
  const player = `player-v${number}`;
  evidence.database.lines.push({ ...line, player, partnerId: uuid(number + 100) });
  const entry = { ...line, journalId: `journal-${number}` };
  evidence.database.entries.push(
    { ...entry, account: 'expense:commission:cmp_1' },
    { ...entry, account: `payable:${PARTNERS[campaign].partnerId}`, amountMinor: String(-cpaMinor) },
  );
  evidence.database.journals.push({ journalId: entry.journalId, isExplained: true });
  const payout = decimal(cpaMinor);
  report(evidence, { event: 'registration', campaign, clickId: sent.clickId, tx: `v${number}-reg` });
  for (const event of ['first_deposit', 'deposit']) {
    const paid = event === 'first_deposit' ? { payout } : {};
    const amount = decimal(minDepositMinor);
    report(evidence, {
      event,
      campaign,
      clickId: sent.clickId,
      tx: money.transactionId,
      amount,
      currency,
      ...paid,
    });
  }
}

function addEvent({ client, database }: Evidence, number: number, sent: SentEvent): void {
  const id = publicId('evt', uuid(number));
  client.events.push({ ...sent, answers: [{ status: 'accepted', id }] });
  database.inbox.push({ eventId: uuid(number), senderEventId: sent.eventId, isHandled: true });
}

function report(
  { sink, database }: Evidence,
  {
    campaign,
    ...said
  }: { campaign: CampaignKey; event: string; clickId: string; tx: string } & Record<string, string>,
): void {
  const key = `${campaign}:${said.event}:${said.tx}`;
  const { event: type, clickId, tx: transactionId, amount = null, currency = null } = said;
  const body = JSON.stringify({ type, data: { clickId, transactionId, amount, currency } });
  const query = new URLSearchParams({ ...said, click_id: clickId }).toString();
  sink.push(
    { method: 'GET', url: `/${campaign}?${query}`, key, messageId: null, body: '', status: 200 },
    { method: 'POST', url: '/hook', key: `hook:${key}`, messageId: `msg-${key}`, body, status: 200 },
  );
  const delivered = {
    status: 'delivered',
    deadReason: null,
    player: null,
    attempts: 1,
    isEveryAttemptExplained: true,
  };
  database.postbacks.push({ key, ...delivered }, { key: `hook:${key}`, ...delivered });
}
