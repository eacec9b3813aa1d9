import { createHash } from 'node:crypto';
import { PUBLIC_PREFIX } from '../../domain/report/public-fact';
import type { NewReport } from './new-report';

type Identity = Pick<NewReport, 'trust' | 'report'>;

/** What makes two reports the same, as `eventKey` does for events: their words stand in for kind and status. */
export function reportKey({ trust, report }: Identity, transaction: string): string {
  const { kind, eventWord, status, statusWord } = report;
  const key = trust === 'public' ? `${PUBLIC_PREFIX}${transaction}` : transaction;
  return JSON.stringify([kind ?? eventWord, status ?? statusWord, key]);
}

/** SHA-256 of what the sender said, in one canonical order, without what may differ between two deliveries. */
export function reportBodyHash({ report }: Identity): Buffer {
  const { kind, eventWord, status, statusWord } = report;
  const { eventId: _eventId, ...fields } = report.fields;
  const said = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([kind, eventWord, status, statusWord, said]))
    .digest();
}
