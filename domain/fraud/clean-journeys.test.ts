import { CLEAN_USER_AGENTS, type CleanJourney, cleanJourneys } from '../testing/clean-journeys';
import { ALL_ACTIVE } from '../testing/rule-sets';
import { judgeClick } from './click-rules';
import type { CountryRule } from './country';
import type { EventEvidence } from './event-evidence';
import { judgeEvent } from './event-rules';
import { DEFAULT_RULE_SET, type RuleSet } from './rule';
import { VELOCITY_WINDOW_MS } from './velocity';
import type { Verdict } from './verdict';

const JOURNEYS = 3_000;
const COUNTRIES: CountryRule = { mode: 'allow', list: ['DE', 'AT', 'CH'] };

/** What honest senders say beside what a journey is about. */
const PLAIN: Omit<EventEvidence, 'kind' | 'occurredAtMs' | 'installBeganAtMs' | 'country' | 'click'> = {
  region: null,
  product: 'slots',
  money: null,
  source: 'src_casino',
  userAgent: null,
  emailVerified: null,
  kycStatus: 'pending',
  rejectionReason: null,
  isReportedElsewhere: false,
};

/** Counts of a key by time, as the store keeps them. */
function counter(journeys: readonly CleanJourney[], keyOf: (journey: CleanJourney) => string) {
  const times = new Map<string, number[]>();
  for (const journey of journeys) {
    const key = keyOf(journey);
    times.set(key, [...(times.get(key) ?? []), journey.clickedAtMs]);
  }
  return (journey: CleanJourney) => {
    const elapsedMs = journey.clickedAtMs % VELOCITY_WINDOW_MS;
    const minuteMs = journey.clickedAtMs - elapsedMs;
    const within = (fromMs: number, toMs: number) =>
      (times.get(keyOf(journey)) ?? []).filter((ms) => ms >= fromMs && ms <= toMs).length;
    return {
      previous: within(minuteMs - VELOCITY_WINDOW_MS, minuteMs - 1),
      current: within(minuteMs, journey.clickedAtMs),
      elapsedMs,
    };
  };
}

/** The verdicts of every journey: its click's, then its events'. */
function judge(journeys: readonly CleanJourney[], rules: RuleSet): Map<CleanJourney, Verdict[]> {
  const perAddress = counter(journeys, ({ address }) => address);
  const perBoth = counter(journeys, ({ address, userAgent }) => `${address} ${userAgent}`);
  return new Map(
    journeys.map((journey) => {
      const { clickedAtMs, country } = journey;
      const evidence = {
        ...journey,
        perAddress: perAddress(journey),
        perAddressAndUserAgent: perBoth(journey),
      };
      const verdict = judgeClick(evidence, rules);
      const click = { clickedAtMs, verdict, countries: COUNTRIES };
      const events = journey.events.map((event) =>
        judgeEvent({ ...PLAIN, ...event, ...journey.registration, country, click }, rules),
      );
      return [journey, [verdict, ...events]];
    }),
  );
}

function summary(name: string, judged: ReadonlyMap<CleanJourney, readonly Verdict[]>): string {
  const reviewed = [...judged].filter(([, verdicts]) => verdicts.some(({ outcome }) => outcome === 'review'));
  const codes = new Map<string, number>();
  for (const [, verdicts] of reviewed) {
    const reasons = verdicts.flatMap((verdict) => verdict.reasons).filter(({ mode }) => mode === 'active');
    for (const code of new Set(reasons.map((reason) => reason.code))) {
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  }
  const list = [...codes].map(([code, number]) => `${code} ${number}`).join(', ');
  return `${name}: ${judged.size} clean journeys, 0 blocked, ${reviewed.length} reviewed (${list})\n`;
}

describe(`${JOURNEYS} clean journeys`, () => {
  const journeys = cleanJourneys(JOURNEYS, 20_260_301);

  it('are of many devices and addresses', () => {
    expect(new Set(CLEAN_USER_AGENTS).size).toBeGreaterThan(120);
    expect(new Set(journeys.map(({ userAgent }) => userAgent)).size).toBeGreaterThan(120);
    expect(new Set(journeys.map(({ address }) => address)).size).toBeGreaterThan(800);
  });

  it.each([
    ['the default rules', DEFAULT_RULE_SET],
    ['every rule active', ALL_ACTIVE],
  ])('are never blocked by %s', (name, rules) => {
    const judged = judge(journeys, rules);
    const blocked = [...judged].filter(([, verdicts]) => verdicts.some(({ outcome }) => outcome === 'block'));
    expect(blocked).toEqual([]);
    process.stdout.write(summary(name, judged));
  });

  it('are hardly ever reviewed by the default rules, and then for their double taps', () => {
    const reviewed = [...judge(journeys, DEFAULT_RULE_SET)].filter(([, verdicts]) =>
      verdicts.some(({ outcome }) => outcome === 'review'),
    );
    expect(reviewed.length).toBeLessThan(JOURNEYS * 0.03);
    const isDoubleTap = ({ clickedAtMs, previousClickAtMs }: CleanJourney) =>
      previousClickAtMs !== null && clickedAtMs - previousClickAtMs < 1_000;
    expect(reviewed.every(([journey]) => isDoubleTap(journey))).toBe(true);
  });
});
