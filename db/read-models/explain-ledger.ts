import type { Currency } from '../../domain/currencies';
import type { EventKind } from '../../domain/facts';
import {
  type ConversionId,
  type EventId,
  type Id,
  idFromUuid,
  type PartnerId,
  uuidFromId,
} from '../../domain/ids';
import { formatMinor } from '../../domain/money';
import type { Db } from '../knex';
import { type BoundedList, boundedList } from './bounded-list';

/** One booking of a commission line: what changed, and which event caused it. Debits are positive. */
export type ExplainedJournal = {
  readonly journalId: Id<'jrn'>;
  readonly at: string;
  readonly reason: string;
  readonly lineId: Id<'lin'>;
  /** The revision of the line that was booked. */
  readonly revision: number;
  readonly partnerId: PartnerId;
  readonly cause: { readonly eventId: EventId; readonly event: EventKind; readonly senderEventId: string };
  readonly entries: readonly {
    readonly account: string;
    readonly amount: string;
    readonly currency: string;
  }[];
};

const JOURNALS_MAX = 100;

type Row = {
  journal_id: string;
  posted_at: Date;
  reason: string;
  line_id: string;
  line_revision: number;
  partner_id: string;
  event_id: string;
  kind: EventKind;
  sender_event_id: string;
  entries: { account: string; amountMinor: string; currency: Currency }[];
};

/** Of all lines of the conversion, oldest first. What payouts paid is told with the lines. One statement. */
export async function readExplainedLedger(
  db: Db,
  conversionId: ConversionId,
): Promise<BoundedList<ExplainedJournal>> {
  const { rows } = await db.raw<{ rows: Row[] }>(
    `SELECT j.journal_id, j.posted_at, j.reason, j.line_id, j.line_revision, l.partner_id, e.event_id, e.kind,
       e.sender_event_id,
       (SELECT jsonb_agg(jsonb_build_object('account', x.account, 'amountMinor', x.amount_minor::text,
           'currency', x.currency) ORDER BY x.entry_id)
         FROM ledger_entries AS x WHERE x.journal_id = j.journal_id) AS entries
     FROM commission_lines AS l
     JOIN ledger_journals AS j ON j.line_id = l.line_id
     JOIN events AS e ON e.event_id = j.caused_by_event_id
     WHERE l.conversion_id = ? ORDER BY j.posted_at, j.line_revision, j.journal_id LIMIT ?`,
    [uuidFromId(conversionId), JOURNALS_MAX + 1],
  );
  return boundedList(rows, JOURNALS_MAX, (row) => ({
    journalId: idFromUuid('jrn', row.journal_id),
    at: row.posted_at.toISOString(),
    reason: row.reason,
    lineId: idFromUuid('lin', row.line_id),
    revision: row.line_revision,
    partnerId: idFromUuid('ptn', row.partner_id),
    cause: {
      eventId: idFromUuid('evt', row.event_id),
      event: row.kind,
      senderEventId: row.sender_event_id,
    },
    entries: row.entries.map(({ account, amountMinor, currency }) => ({
      account,
      amount: formatMinor(BigInt(amountMinor), currency),
      currency,
    })),
  }));
}
