import type { Db } from '../../db/knex';
import type {
  CampaignId,
  ClickId,
  ConversionId,
  DealId,
  DestinationId,
  EventId,
  Id,
  PartnerId,
  PlayerId,
  PostbackId,
} from '../../domain/ids';
import { MINUTE_MS, SECOND_MS } from '../../domain/time';
import { insertAudit } from './insert-audit';
import { insertCampaign } from './insert-campaign';
import { insertClick } from './insert-click';
import { insertCommission } from './insert-commission';
import { insertConversion, insertCredit } from './insert-conversion';
import { insertEvent } from './insert-event';
import { insertDeal, insertPartner } from './insert-partner';
import { insertBinding, insertLtv, insertPlayer } from './insert-player';
import { insertAttempt, insertDestination, insertPostback } from './insert-postback';
import { insertVerdict } from './insert-verdict';
import type { WorkspaceFixture } from './insert-workspace';

export type ChainFixture = {
  readonly partnerId: PartnerId;
  readonly dealId: DealId;
  readonly campaignId: CampaignId;
  readonly clickId: ClickId;
  readonly playerId: PlayerId;
  readonly externalId: string;
  readonly registrationEventId: EventId;
  readonly depositEventId: EventId;
  readonly registrationId: ConversionId;
  readonly depositId: ConversionId;
  readonly lineId: Id<'lin'>;
  readonly destinationId: DestinationId;
  readonly postbackId: PostbackId;
};

/**
 * A settled chain: click, registration after one minute, confirmed first deposit of 100.00 EUR after two, CPA of
 * 50.00 EUR, and a postback that was delivered at its second attempt.
 */
export async function insertChain(
  db: Db,
  workspace: WorkspaceFixture,
  given: { readonly clickedAtMs: number; readonly externalId?: string },
): Promise<ChainFixture> {
  const externalId = given.externalId ?? 'casino-77';
  const [registeredAtMs, depositedAtMs] = [given.clickedAtMs + MINUTE_MS, given.clickedAtMs + 2 * MINUTE_MS];
  const partnerId = await insertPartner(db, workspace);
  const deal = { ...workspace, partnerId, dealId: await insertDeal(db, { ...workspace, partnerId }) };
  const campaignId = await insertCampaign(db, deal);
  const clicked = { ...deal, campaignId, clickedAtMs: given.clickedAtMs };
  const clickId = await insertClick(db, { ...clicked, subs: { sub1: 'banner' }, adIds: { gclid: 'g-1' } });
  await insertVerdict(db, { ...workspace, subjectId: clickId, decidedAtMs: given.clickedAtMs + SECOND_MS });
  const playerId = await insertPlayer(db, { ...workspace, externalId, linkedAtMs: registeredAtMs });
  const owner = { ...deal, campaignId, clickId, playerId };
  const registration = await insertSettled(db, owner, { kind: 'registration', atMs: registeredAtMs });
  await insertBinding(db, { ...owner, eventId: registration.eventId, boundAtMs: registeredAtMs });
  const deposit = await insertSettled(db, owner, { kind: 'deposit', atMs: depositedAtMs });
  await insertLtv(db, { ...owner, atMs: depositedAtMs });
  const settled = { ...owner, ...deposit };
  const lineId = await insertCommission(db, { ...settled, postedAtMs: depositedAtMs });
  const destinationId = await insertDestination(db, workspace);
  const postbackId = await insertPostback(db, {
    ...settled,
    destinationId,
    createdAtMs: depositedAtMs + SECOND_MS,
    deliveredAtMs: depositedAtMs + 5 * SECOND_MS,
  });
  await insertAttempt(db, { postbackId, attemptNo: 1, startedAtMs: depositedAtMs + 2 * SECOND_MS });
  const delivered = {
    attemptNo: 2,
    outcome: 'delivered',
    startedAtMs: depositedAtMs + 4 * SECOND_MS,
  } as const;
  await insertAttempt(db, { postbackId, ...delivered });
  return {
    ...owner,
    externalId,
    registrationEventId: registration.eventId,
    depositEventId: deposit.eventId,
    registrationId: registration.conversionId,
    depositId: deposit.conversionId,
    lineId,
    destinationId,
    postbackId,
  };
}

type Owner = WorkspaceFixture & Pick<ChainFixture, 'partnerId' | 'campaignId' | 'clickId' | 'playerId'>;

/** A handled event with its verdict, approved conversion, credit and audit entry. */
async function insertSettled(
  db: Db,
  owner: Owner,
  { kind, atMs }: { kind: 'registration' | 'deposit'; atMs: number },
): Promise<{ eventId: EventId; conversionId: ConversionId }> {
  const isDeposit = kind === 'deposit';
  const transactionKey = `${kind}-${owner.playerId}`;
  const facts = { kind, transactionKey, occurredAtMs: atMs, ...(isDeposit && { amountMinor: 10_000n }) };
  const eventId = await insertEvent(db, { ...owner, ...facts, receivedAtMs: atMs, handledAtMs: atMs });
  await insertVerdict(db, { ...owner, subjectId: eventId, decidedAtMs: atMs });
  const conversionId = await insertConversion(db, {
    ...owner,
    ...facts,
    eventId,
    createdAtMs: atMs,
    isFirstDeposit: isDeposit,
  });
  await insertCredit(db, { ...owner, conversionId, ...(isDeposit && { amountMinor: 10_000n }) });
  await insertAudit(db, {
    ...owner,
    subject: conversionId,
    action: 'conversion.settled',
    actor: 'settlement',
    cause: eventId,
    detail: { revision: 1, status: 'approved', reason: null, firstDeposit: isDeposit },
    atMs: atMs + SECOND_MS / 2,
  });
  return { eventId, conversionId };
}
