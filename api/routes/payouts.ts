import { Router } from 'express';
import type { Db } from '../../db/knex';
import { readPartnerBalance } from '../../db/read-models/partner-balance';
import { listPayouts, readPayout } from '../../db/read-models/payouts';
import { readSnapshot } from '../../db/read-models/snapshot';
import { findPartner } from '../../db/stores/partner-store';
import {
  type DueLine,
  findPayout,
  lockDueLines,
  lockPayee,
  PAYOUT_LINES_MAX,
  PAYOUT_MINOR_MAX,
  type PayoutOrder,
  type RecordedPayout,
  recordPayout,
} from '../../db/stores/payout-store';
import { AppError } from '../../domain/errors';
import type { PayoutId, WorkspaceId } from '../../domain/ids';
import { formatMinor } from '../../domain/money';
import { toIso } from '../../domain/time';
import type { ApiDeps } from '../deps';
import { principalOf, requireScope } from '../middleware/authenticate';
import { type Answer, runOnce, sendAnswer } from '../middleware/idempotency';
import { jsonBody } from '../middleware/json-body';
import { readRequest } from '../middleware/read-request';
import { fieldProblem, notFound, parseBody, parsePathId, parseQuery } from '../middleware/validate';
import { pageAnswer, pageQuery, toPageRequest } from '../schemas/page';
import { balanceJson, createPayoutBody, itemisedPayoutJson, payoutJson } from '../schemas/payouts';
import { type Change, changeBy } from './change';

/** The lines that the answer to a payout shows; the others are read page by page. */
const FIRST_LINES = { limit: 1_000, afterUuid: null };

/** Payouts: what was paid to partners, and what is due to them. */
export function payoutRoutes(deps: ApiDeps): Router {
  const router = Router();

  router.post(
    '/v1/partners/:partnerId/payouts',
    requireScope(deps, 'payouts:write'),
    jsonBody,
    async (req, res) => {
      const partnerId = parsePathId('ptn', req, 'partnerId');
      const { dryRun, upTo = null, note = null, ...body } = parseBody(createPayoutBody, req);
      const answer = await runOnce(deps, req, res, async (trx) => {
        const change = changeBy(deps, res);
        const { workspaceId } = change;
        const { actor } = principalOf(res);
        const order = { workspaceId, partnerId, ...body, upToMs: upTo, note, actor };
        return payOut(trx, order, change, dryRun);
      });
      sendAnswer(res, answer);
    },
  );

  router.get(
    '/v1/partners/:partnerId/payouts',
    readRequest(deps, 'light', async (req, res) => {
      const partnerId = parsePathId('ptn', req, 'partnerId');
      const page = toPageRequest(parseQuery(pageQuery('pay'), req));
      const { workspaceId } = principalOf(res);
      if ((await findPartner(deps.readDb, workspaceId, partnerId)) === null) throw notFound();
      res.json(pageAnswer('pay', await listPayouts(deps.readDb, workspaceId, partnerId, page), payoutJson));
    }),
  );

  router.get(
    '/v1/partners/:partnerId/balance',
    readRequest(deps, 'heavy', async (req, res) => {
      const partnerId = parsePathId('ptn', req, 'partnerId');
      const { workspaceId } = principalOf(res);
      if ((await findPartner(deps.readDb, workspaceId, partnerId)) === null) throw notFound();
      res.json(balanceJson(await readPartnerBalance(deps.readDb, workspaceId, partnerId)));
    }),
  );

  router.get(
    '/v1/payouts/:payoutId',
    readRequest(deps, 'light', async (req, res) => {
      const payoutId = parsePathId('pay', req, 'payoutId');
      const page = toPageRequest(parseQuery(pageQuery('lin'), req));
      const { workspaceId } = principalOf(res);
      const found = await readSnapshot(deps.readDb, (snapshot) =>
        readPayout(snapshot, workspaceId, payoutId, page),
      );
      if (found === null) throw notFound();
      res.json(itemisedPayoutJson(found.payout, found.lines));
    }),
  );

  return router;
}

/**
 * Pays everything that is due, or says what that would be. A reference that was used before gets the answer of then,
 * so that nobody is paid twice because an answer was lost.
 */
async function payOut(trx: Db, order: PayoutOrder, change: Change, isDryRun: boolean): Promise<Answer> {
  if (!(await lockPayee(trx, order))) throw notFound();
  const earlier = await findPayout(trx, order);
  if (earlier !== null) return repeated(trx, order, earlier);
  const due = await lockDueLines(trx, order);
  if (due.length > PAYOUT_LINES_MAX) {
    throw fieldProblem('upTo', `must be earlier: more than ${PAYOUT_LINES_MAX} commission lines are due`);
  }
  if (sumOf(due) > PAYOUT_MINOR_MAX) {
    const most = `${formatMinor(PAYOUT_MINOR_MAX, order.currency)} ${order.currency}`;
    throw fieldProblem('upTo', `must be earlier: more than ${most} is due`);
  }
  if (isDryRun) return { status: 200, body: proposalJson(order, due) };
  const amountMinor = sumOf(due);
  if (amountMinor <= 0n) {
    const amount = `${formatMinor(amountMinor, order.currency)} ${order.currency}`;
    throw new AppError('nothing_payable', `What is due to this partner is ${amount}; nothing was paid.`);
  }
  const payoutId = await recordPayout(trx, order, due, change.nowMs);
  const answer = await recorded(trx, order.workspaceId, payoutId);
  await change.record(trx, 'payout.created', payoutId, {
    partnerId: order.partnerId,
    reference: order.reference,
    amount: formatMinor(amountMinor, order.currency),
    currency: order.currency,
    lines: due.length,
  });
  return answer;
}

async function repeated(trx: Db, order: PayoutOrder, earlier: RecordedPayout): Promise<Answer> {
  const isSame =
    earlier.currency === order.currency && earlier.upToMs === order.upToMs && earlier.note === order.note;
  if (isSame) return recorded(trx, order.workspaceId, earlier.payoutId);
  const path = 'reference';
  const message = `names the payout ${earlier.payoutId}, which was made otherwise`;
  throw new AppError('already_exists', `${path}: ${message}.`, { errors: [{ path, message }] });
}

async function recorded(trx: Db, workspaceId: WorkspaceId, payoutId: PayoutId): Promise<Answer> {
  const found = await readPayout(trx, workspaceId, payoutId, FIRST_LINES);
  if (found === null) throw new Error(`payout ${payoutId} does not exist`);
  const body = itemisedPayoutJson(found.payout, found.lines);
  return { status: 201, body, location: `/v1/payouts/${payoutId}` };
}

function proposalJson(order: PayoutOrder, due: readonly DueLine[]) {
  const { partnerId, reference, currency, upToMs, note, actor } = order;
  const payout = {
    payoutId: null,
    partnerId,
    amount: { amount: formatMinor(sumOf(due), currency), currency },
    reference,
    upTo: upToMs === null ? null : toIso(upToMs),
    note,
    paidBy: actor,
    paidAt: null,
    lineCount: due.length,
  };
  const lines = due.slice(0, FIRST_LINES.limit).map((line) => ({
    lineId: line.lineId,
    conversionId: line.conversionId,
    event: line.event,
    transactionId: line.transactionKey,
    occurredAt: toIso(line.occurredAtMs),
    kind: line.kind,
    amount: formatMinor(line.dueMinor, currency),
    revision: line.lineRevision,
  }));
  return itemisedPayoutJson(payout, { items: lines, nextUuid: null });
}

function sumOf(due: readonly DueLine[]): bigint {
  return due.reduce((sum, { dueMinor }) => sum + dueMinor, 0n);
}
