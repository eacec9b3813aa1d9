import { toIso } from '../../domain/time';
import { type HttpClient, jsonOf } from '../http-client';
import { eventReceipt } from '../responses';
import type { Reporter } from './theatre';

export type ReportKind =
  | 'install'
  | 'registration'
  | 'deposit'
  | 'withdrawal'
  | 'ngr'
  | 'chargeback'
  | 'self_exclusion';

/** What is said of one event, as far as it is not what one would assume. */
export type Report = {
  /** Unique among the player's events, and the event id's ending; the kind unless given. */
  key?: string;
  /** Seconds from the click; half a minute after the report before, unless given. `now` is the moment of sending. */
  at?: number | 'now';
  /** `50.00 EUR`. */
  amount?: string;
  /** Successive statuses of one transaction share it; the key unless given. */
  transaction?: string;
  status?: 'pending' | 'failed' | 'confirmed' | 'reversed';
  /** What the report names. Without a click, the player only. */
  names?: 'both' | 'player';
  /** Of a chargeback: the key of the deposit that is taken back. */
  takesBack?: string;
  by?: Reporter;
  /** Fields beside these, as they go over the wire. */
  more?: Readonly<Record<string, unknown>>;
};

/** Who a report is about. `clickId` is whatever the sender takes for the click. */
export type Subject = { prefix: string; playerId: string; clickId: string | null };

/** How the instance took a report: its own word, or the status and the code of the refusal; and its id of the event. */
export type ReportAnswer = { said: string; id: string | null };

/** The body of a report; the same subject, report and time give the same body. */
export function reportBody(kind: ReportKind, report: Report, subject: Subject, occursAtMs: number) {
  const { prefix, playerId, clickId } = subject;
  const { key = kind, names = 'both', amount, status, takesBack, more } = report;
  const [value, currency] = amount?.split(' ') ?? [];
  const isTransaction = kind === 'deposit' || kind === 'withdrawal';
  return {
    eventId: `${prefix}-${key}`,
    ...(kind === 'install' && { type: kind }),
    playerId,
    ...(names !== 'player' && clickId !== null && { clickId }),
    ...(isTransaction && { transactionId: `${prefix}-${report.transaction ?? key}` }),
    ...(takesBack !== undefined && { depositEventId: `${prefix}-${takesBack}` }),
    ...(amount !== undefined && { amount: value, currency }),
    ...(status !== undefined && { status }),
    occurredAt: toIso(occursAtMs),
    ...more,
  };
}

/** The same as the message of a measurement partner, which has names of its own and knows installs only. */
export function callbackBody({ key = 'install', more }: Report, subject: Subject, occursAtMs: number) {
  const { prefix, playerId, clickId } = subject;
  return {
    appsflyer_id: `${prefix}-${key}`,
    event_name: 'install',
    // UTC without saying so.
    install_time: toIso(occursAtMs).replace('T', ' ').replace('Z', ''),
    customer_user_id: playerId,
    ...(clickId !== null && { af_sub1: clickId }),
    ...more,
  };
}

/** An app's install comes in by the generic endpoint, all else by the casino's webhooks. */
export function reportPath(kind: ReportKind): string {
  return kind === 'install' ? '/conversions/track' : `/webhooks/gaming/${kind.replace('_', '-')}`;
}

export async function sendReport(
  http: HttpClient,
  { url, key, body }: { url: string; key: string; body: object },
): Promise<ReportAnswer> {
  const answer = await http.send({
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'casino-platform/4.2',
      authorization: `Bearer ${key}`,
    },
    body: JSON.stringify(body),
  });
  const json = jsonOf(answer);
  const receipt = answer.status === 200 ? eventReceipt.safeParse(json) : undefined;
  if (receipt?.success) return { said: receipt.data.status, id: receipt.data.id ?? null };
  const code = typeof json === 'object' && json !== null && 'code' in json ? String(json.code) : '';
  return { said: `${answer.status} ${code}`.trim(), id: null };
}

/** `deposit of 50.00 EUR, pending`, as a person would say it. */
export function reportTitle(kind: ReportKind, { amount, status }: Report): string {
  const of = amount === undefined ? '' : ` of ${amount}`;
  return `${kind.replace('_', '-')}${of}${status === undefined ? '' : `, ${status}`}`;
}
