import type { FieldProblem } from '../errors';
import type { ReportFields } from './report-fields';

/** A refund in the words of our facts: a part comes back as a chargeback, the whole as a status of the deposit. */
export type Refund<Fields> =
  | { readonly ok: true; readonly kind: 'chargeback'; readonly status: null; readonly fields: Fields }
  | { readonly ok: true; readonly kind: 'deposit'; readonly status: 'reversed'; readonly fields: Fields }
  | { readonly ok: false; readonly problem: FieldProblem };

/**
 * Which fact a refund states. With an amount so much of the deposit is taken back; without one all of it, however
 * much it was. The transaction of a refund is that of its deposit, unless a field of its own names the deposit.
 */
export function readRefund<Fields extends ReportFields>(fields: Fields): Refund<Fields> {
  const { eventId, transactionId, depositEventId, amount } = fields;
  const deposit = depositEventId ?? transactionId;
  if (deposit === undefined || deposit === null) {
    return { ok: false, problem: { path: 'depositEventId', message: 'is needed by a refund' } };
  }
  const ownId = eventId ?? (depositEventId === undefined ? null : transactionId) ?? null;
  if (amount === undefined || amount === null) {
    const { depositEventId: _named, currency: _ofNothing, ...rest } = fields;
    const whole = { ...rest, eventId: ownId ?? deposit, transactionId: deposit } as Fields;
    return { ok: true, kind: 'deposit', status: 'reversed', fields: whole };
  }
  if (ownId === null) {
    const message = 'is needed by a refund with an amount: without it a second one looks like a repetition';
    return { ok: false, problem: { path: 'eventId', message } };
  }
  const part = { ...fields, eventId: ownId, transactionId: ownId, depositEventId: deposit };
  return { ok: true, kind: 'chargeback', status: null, fields: part };
}
