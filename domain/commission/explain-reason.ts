/** Why a line is worth nothing, in words. Codes that are not here speak for themselves. */
const WORDS: Readonly<Record<string, string>> = {
  already_registered: 'the player had registered before',
  after_qualification_days: 'the first deposit came after the deal’s qualification days',
  below_minimum_deposit: 'what stands of the first deposit is below the deal’s minimum',
  cap_undecided: 'whether the deal’s cap has room is not decided yet',
  charged_back: 'the deposit was charged back',
  currency_mismatch: 'there is no rate between the currencies of the deposit and the deal',
  day_cap_reached: 'the deal’s cap for that day was full',
  deposit_reversed: 'the deposit was reversed',
  deposit_taken_back: 'nothing is left of the deposit',
  fraud_blocked: 'the fraud rules blocked it',
  in_review: 'it waits for a person',
  month_cap_reached: 'the deal’s cap for that month was full',
  not_first_deposit: 'it is not the first deposit, or the partner is not credited, any more',
  registrations_not_payable: 'the campaign does not pay for registrations',
  rejected_by_ruling: 'a person has rejected it',
  self_excluded: 'the player was self-excluded at that time',
  total_cap_reached: 'the deal’s cap was full',
};

/** "the deposit was charged back (charged_back)"; a code without words as it is. */
export function explainReason(code: string): string {
  const words = WORDS[code];
  return words === undefined ? code : `${words} (${code})`;
}
