import { z } from 'zod';
import { CURRENCY_CODES } from '../../domain/currencies';
import { DEPOSIT_STATUSES, type DepositStatus } from '../../domain/facts';
import { instantField } from './fields';
import { periodField } from './period';

/** Bodies in which events are reported. Unlike set-up bodies they keep fields that nobody knows. */

const MAX_SENDER_ID_LENGTH = 200;
const MAX_TEXT_LENGTH = 200;
const MAX_USER_AGENT_LENGTH = 2_000;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** An id that the sender has given and that is echoed and compared as it is; nothing is trimmed or folded. */
function senderId() {
  return z
    .string()
    .min(1, 'must not be empty')
    .max(MAX_SENDER_ID_LENGTH, `must not be longer than ${MAX_SENDER_ID_LENGTH} characters`)
    .refine((text) => text === text.trim(), 'must not begin or end with a blank')
    .refine((text) => !INVISIBLE.test(text), 'must not hold control or invisible characters');
}

function shortText() {
  return z
    .string()
    .max(MAX_TEXT_LENGTH, `must not be longer than ${MAX_TEXT_LENGTH} characters`)
    .refine((text) => !/\p{Cc}/u.test(text), 'must not hold control characters')
    .nullish();
}

function decimal() {
  return z.union([z.string().max(40, 'must not be longer than 40 characters'), z.number()]);
}

const amount = decimal().meta({
  description: 'Above zero; a decimal string, or an exact number.',
  example: '49.90',
});
const currency = z
  .string()
  .max(10)
  .meta({ enum: [...CURRENCY_CODES], example: 'EUR' });

const depositStatus = z
  .string()
  .transform((text, context): DepositStatus => {
    const status = DEPOSIT_STATUSES.find((known) => known === text.toLowerCase());
    if (status !== undefined) return status;
    context.addIssue({ code: 'custom', message: `must be one of ${DEPOSIT_STATUSES.join(', ')}` });
    return z.NEVER;
  })
  .meta({
    type: 'string',
    enum: [...DEPOSIT_STATUSES],
    description: 'Without it, `confirmed`. Only a confirmed deposit counts.',
  });

/** As a field that may be left out. A description of its own, because null is no value of the one it is made of. */
function orNothing<Field extends z.ZodType>(field: Field) {
  const { enum: values, ...rest } = field.meta() ?? {};
  const listed = Array.isArray(values) ? { enum: [...(values as string[]), null] } : {};
  return field.nullish().meta({ ...rest, ...listed, type: ['string', 'null'] });
}

const details = {
  country: shortText().meta({ example: 'DE' }),
  region: shortText(),
  city: shortText(),
  product: shortText().meta({ example: 'slots' }),
  ngr: decimal().nullish().meta({ description: 'Net gaming revenue as supplied; may be negative.' }),
  test: z.boolean().nullish().meta({ description: 'A test event is recorded and decides nothing.' }),
  ip: shortText().meta({ description: 'Of the player. Personal: kept apart and expires.' }),
  userAgent: z
    .string()
    .max(MAX_USER_AGENT_LENGTH)
    .nullish()
    .meta({ description: 'Of the player. Personal.' }),
  emailVerified: z.boolean().nullish(),
  kycStatus: shortText(),
};

const identity = {
  eventId: senderId(),
  transactionId: senderId().nullish(),
  playerId: senderId(),
  clickId: senderId().nullish().meta({ description: 'Our click id, as the landing page received it.' }),
  occurredAt: instantField(),
};

export const registrationBody = z.looseObject({ ...identity, ...details }).meta({ id: 'RegistrationEvent' });

export const depositBody = z
  .looseObject({ ...identity, amount, currency, status: orNothing(depositStatus), ...details })
  .meta({ id: 'DepositEvent' });

export const withdrawalBody = z
  .looseObject({ ...identity, amount, currency, status: orNothing(depositStatus), ...details })
  .meta({ id: 'WithdrawalEvent' });

const signedAmount = decimal().meta({ description: 'May be negative.', example: '-12.50' });

export const ngrBody = z
  .looseObject({
    ...identity,
    eventId: senderId().nullish().meta({
      description: 'Without it, made of player, period, currency and time: each time states the period anew.',
    }),
    period: periodField(),
    amount: signedAmount,
    currency,
    test: details.test,
  })
  .meta({ id: 'NgrEvent' });

const until = orNothing(instantField().meta({ description: 'When the exclusion ends; without it, never.' }));

export const selfExclusionBody = z
  .looseObject({ ...identity, until, test: details.test })
  .meta({ id: 'SelfExclusionEvent' });

const reason = shortText().meta({ description: 'Why; kept and shown, decides nothing.' });

export const refundBody = z
  .looseObject({
    ...identity,
    eventId: senderId().meta({ description: 'Of the refund itself: two parts are two refunds.' }),
    depositEventId: senderId().meta({ description: 'eventId or transactionId of the deposit.' }),
    amount: amount.nullish().meta({ description: 'How much goes back; without it, all of the deposit.' }),
    currency: orNothing(currency),
    reason,
    ...details,
  })
  .meta({ id: 'RefundEvent' });

export const chargebackBody = z
  .looseObject({
    ...identity,
    depositEventId: senderId().meta({ description: 'eventId or transactionId of the deposit taken back.' }),
    amount,
    currency,
    reason,
    ...details,
  })
  .meta({ id: 'ChargebackEvent' });

/** What /conversions/track takes as `type`, and the kind of event it means. */
export const TRACK_TYPES = {
  install: 'install',
  lead: 'lead',
  registration: 'registration',
  signup: 'registration',
  sale: 'sale',
  deposit: 'deposit',
  withdrawal: 'withdrawal',
  ngr: 'ngr',
  self_exclusion: 'self_exclusion',
} as const;

type TrackType = keyof typeof TRACK_TYPES;
const TRACK_TYPE_NAMES = Object.keys(TRACK_TYPES) as TrackType[];

const trackType = z
  .string()
  .transform((text, context): TrackType => {
    const type = TRACK_TYPE_NAMES.find((known) => known === text.toLowerCase());
    if (type !== undefined) return type;
    context.addIssue({ code: 'custom', message: `must be one of ${TRACK_TYPE_NAMES.join(', ')}` });
    return z.NEVER;
  })
  .meta({ type: 'string', enum: [...TRACK_TYPE_NAMES] });

export const trackBody = z
  .looseObject({
    ...identity,
    type: trackType,
    playerId: senderId().nullish().meta({ description: 'Needed by all types but install, lead and sale.' }),
    occurredAt: orNothing(instantField().meta({ description: 'Without it, the time of receipt.' })),
    amount: amount.nullish(),
    currency: orNothing(currency),
    status: orNothing(depositStatus),
    period: periodField().nullish().meta({ description: 'Of ngr.' }),
    installBeginAt: orNothing(
      instantField().meta({ description: 'Of an install: when the store says it began.' }),
    ),
    until,
    ...details,
  })
  .meta({ id: 'TrackedEvent' });

/** What a server-to-server report says once its names are ours. */
export const s2sBody = z.looseObject({
  ...identity,
  eventId: senderId().nullish(),
  playerId: senderId().nullish(),
  occurredAt: instantField().nullish(),
  depositEventId: senderId().optional(),
  reason: shortText(),
  installBeginAt: instantField().nullish(),
  amount: amount.nullish(),
  currency: orNothing(currency),
  status: orNothing(depositStatus),
  period: periodField().nullish(),
  until,
  ...details,
});

/** What a measurement callback says once its names are ours: also whether the partner has rejected it, and why. */
export const measuredBody = s2sBody.extend({ rejectionReason: shortText() });

export const eventAnswer = z
  .object({
    status: z.enum(['accepted', 'duplicate', 'quarantined']),
    eventId: z.string().meta({ description: "The sender's own id, as sent." }),
    id: z
      .string()
      .meta({ description: 'Our id; of a duplicate, that of the first report.', example: 'evt_…' }),
    reason: z.literal('unmapped_status').optional().meta({
      description: 'Of a report to `/postback` that is kept until somebody says what a word of it means.',
    }),
  })
  .meta({ id: 'EventAnswer' });
