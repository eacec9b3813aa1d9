import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { LedgerEntryView } from '../../db/read-models/ledger-entries';
import { type CurrencyBalance, MAX_ACCOUNTS } from '../../db/read-models/trial-balance';
import { idField, instantField, shownId, shownInstant } from './fields';
import { registerOperation } from './operation';
import { pageOfSchema, pageShape } from './page';
import { textFilter } from './text-filter';

/** Entries are numbered and have no id of their own, so their cursor holds the number. */
const CURSOR = /^entry (\d{1,18})$/;

export function ledgerCursor(entryId: bigint): string {
  return Buffer.from(`entry ${entryId}`).toString('base64url');
}

export const ledgerListQuery = z.strictObject({
  limit: pageShape('jrn').limit,
  cursor: z
    .string()
    .max(100)
    .transform((cursor, context): bigint => {
      const number = CURSOR.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.[1];
      if (number !== undefined) return BigInt(number);
      context.addIssue({ code: 'custom', message: 'is no cursor of this list' });
      return z.NEVER;
    })
    .optional()
    .meta({ type: 'string', description: 'The `nextCursor` of the page before.' }),
  account: textFilter().optional(),
  partnerId: idField('ptn')
    .optional()
    .meta({ description: 'Both sides of every journal of this partner’s commissions and payouts.' }),
  from: instantField().optional(),
  to: instantField().optional(),
});

export const ledgerEntrySchema = z
  .object({
    entryId: z.string(),
    journalId: shownId('jrn'),
    at: shownInstant(),
    account: z.string(),
    amount: z.string().meta({ description: 'Debits are positive, credits negative.' }),
    currency: z.string(),
    reason: z.string(),
    conversionId: shownId('cnv').nullable(),
    lineId: shownId('lin').nullable(),
    revision: z.int().nullable(),
    eventId: shownId('evt').nullable(),
    payoutId: shownId('pay')
      .nullable()
      .meta({ description: 'Of a payout; the fields before are null then.' }),
  })
  .meta({ id: 'LedgerEntry' });

export const trialBalanceSchema = z
  .object({
    currencies: z
      .array(
        z.object({
          currency: z.string(),
          total: z.string().meta({ description: 'Zero, or something is wrong.' }),
          accounts: z
            .array(z.object({ account: z.string(), balance: z.string() }))
            .readonly()
            .meta({ description: `The ${MAX_ACCOUNTS} that hold the most, by name.` }),
          rest: z
            .object({ accounts: z.int(), balance: z.string() })
            .nullable()
            .meta({ description: 'All other accounts together.' }),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'TrialBalance' });

/** The read model speaks the API's language already; this keeps the two from drifting apart. */
export function ledgerEntryJson(entry: LedgerEntryView): z.input<typeof ledgerEntrySchema> {
  return entry;
}

export function trialBalanceJson(currencies: readonly CurrencyBalance[]): z.input<typeof trialBalanceSchema> {
  return { currencies };
}

export function registerLedgerPaths(registry: OpenAPIRegistry): void {
  registerOperation(registry, {
    method: 'get',
    path: '/v1/ledger/entries',
    operationId: 'listLedgerEntries',
    summary: 'List ledger entries, oldest first; `from` is inclusive, `to` is not',
    tag: 'Ledger',
    scope: 'read',
    query: ledgerListQuery,
    status: 200,
    answer: pageOfSchema(ledgerEntrySchema),
  });
  registerOperation(registry, {
    method: 'get',
    path: '/v1/ledger/trial-balance',
    operationId: 'getTrialBalance',
    summary: 'Get the balance of every account, per currency',
    tag: 'Ledger',
    scope: 'read',
    status: 200,
    answer: trialBalanceSchema,
  });
}
