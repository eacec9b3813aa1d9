import { isbot } from 'isbot';
import { SECOND_MS } from '../time';
import { combineVerdicts, type Verdict } from './verdict';

/** Grows with every change of a rule or threshold, and is stored with each verdict. */
export const CLICK_RULES_VERSION = 1;

/** Two clicks of one visitor on one campaign closer than this are hardly two decisions of a person. */
export const REPEAT_CLICK_WINDOW_MS = 2 * SECOND_MS;

/** What the rules may know of a click. */
export type ClickEvidence = {
  readonly userAgent: string | null;
  readonly clickedAtMs: number;
  /** When the same visitor last clicked the same campaign before this click; null when never. */
  readonly previousClickAtMs: number | null;
};

type ClickRule = (click: ClickEvidence) => Verdict | null;

const emptyUserAgent: ClickRule = ({ userAgent }) =>
  isBlank(userAgent) ? review(40, 'empty_user_agent', 'The request named no browser.') : null;

const botUserAgent: ClickRule = ({ userAgent }) =>
  !isBlank(userAgent) && isbot(userAgent)
    ? review(50, 'bot_user_agent', 'The user agent is that of a known robot or HTTP library.')
    : null;

const repeatClick: ClickRule = ({ clickedAtMs, previousClickAtMs }) =>
  previousClickAtMs !== null && clickedAtMs - previousClickAtMs <= REPEAT_CLICK_WINDOW_MS
    ? review(
        30,
        'repeat_click',
        `The same visitor clicked this campaign ${clickedAtMs - previousClickAtMs} ms before.`,
      )
    : null;

const CLICK_RULES: readonly ClickRule[] = [emptyUserAgent, botUserAgent, repeatClick];

/** Judges a click by every rule. No rule of this version blocks. */
export function judgeClick(click: ClickEvidence): Verdict {
  return combineVerdicts(CLICK_RULES.map((rule) => rule(click)).filter((verdict) => verdict !== null));
}

function isBlank(userAgent: string | null): boolean {
  return userAgent === null || userAgent.trim() === '';
}

function review(score: number, code: string, detail: string): Verdict {
  return { outcome: 'review', score, reasons: [{ code, detail }] };
}
