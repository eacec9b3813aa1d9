import type { EventEvidence } from './event-evidence';
import { defineRule, type Rule } from './rule';
import { isRobot } from './user-agent';

/** What senders call a check of identity that somebody did not pass; one that is still open says nothing. */
const FAILED_KYC: ReadonlySet<string> = new Set(['failed', 'rejected', 'declined', 'denied']);

/** Rules that go by what the report itself says of its player. */
export const REPORT_RULES: readonly Rule<EventEvidence>[] = [
  defineRule({
    code: 'robot_registration',
    subject: 'event',
    // That of the click's user agent: the same robot at the click and at the form is one piece of evidence.
    family: 'identity',
    // Many a casino sends the user agent of its own server, and an app that of its HTTP library.
    level: 'review',
    description:
      'The user agent of the registration is empty, or that of a robot or an HTTP library. Apps and careless senders are met by it too, so it asks for review at most.',
    defaultMode: 'suspicious',
    defaultScore: 30,
    params: {},
    find: ({ kind, userAgent }) => {
      if (kind !== 'registration' || userAgent === null) return null;
      if (userAgent.trim() === '') return { detail: 'The registration came with an empty user agent.' };
      return isRobot(userAgent) ? { detail: 'A robot or an HTTP library registered.' } : null;
    },
  }),
  defineRule({
    code: 'unverified_registration',
    subject: 'event',
    family: 'account',
    level: 'review',
    description:
      'The player failed the check of his identity. An address of e-mail that is not confirmed is a note only: most are not yet when somebody registers.',
    defaultMode: 'suspicious',
    defaultScore: 20,
    params: {},
    find: ({ kind, emailVerified, kycStatus }) => {
      if (kind !== 'registration') return null;
      if (FAILED_KYC.has(kycStatus?.trim().toLowerCase() ?? '')) {
        return { detail: 'The player failed the check of his identity.' };
      }
      return emailVerified === false
        ? { detail: 'The address of e-mail was not confirmed.', level: 'note' }
        : null;
    },
  }),
  defineRule({
    code: 'measurement_partner_verdict',
    subject: 'event',
    // What a partner has seen, we have not: whatever it was, it is the word of one witness.
    family: 'measurement',
    // No proof: it goes by statistics, by lists and by the advertiser's own rules, in callbacks that nobody signs.
    level: 'block',
    description: 'The mobile measurement partner has rejected it, as fraud or by a rule that it was given.',
    defaultMode: 'suspicious',
    defaultScore: 50,
    params: {},
    find: ({ rejectionReason }) =>
      rejectionReason === null
        ? null
        : { detail: `The measurement partner has rejected it: ${rejectionReason}.` },
  }),
];
