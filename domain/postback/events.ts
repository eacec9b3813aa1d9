/**
 * What a postback can report. `correction` retracts or changes an earlier postback of the same conversion; `test`
 * is sent only when an operator asks for it and never stands for money.
 */
export const POSTBACK_EVENTS = [
  'install',
  'lead',
  'registration',
  'sale',
  'first_deposit',
  'deposit',
  'chargeback',
  'correction',
  'test',
] as const;

export type PostbackEvent = (typeof POSTBACK_EVENTS)[number];
