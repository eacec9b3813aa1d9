import {
  BOT,
  BROWSERS,
  CAMPAIGN_KEYS,
  CAMPAIGNS,
  type CampaignKey,
  CREATIVES,
  LANGUAGES,
  PARTNER_KEYS,
  type PartnerKey,
} from './cast';
import { type Expectation, expect } from './expectation';
import { type PlannedEvent, planDeliveries } from './plan-deliveries';
import { type PlannedRefusal, planRefusals } from './plan-refusals';
import { createRandom, type Random } from './random';
import { SHAPES, type Shape, writeScript } from './script';

export type Client = 'browser' | 'bot' | 'empty';

/** One click and everything that follows from it. */
export type PlannedClick = {
  /** Unique in the plan; travels as `sub1`, so that every postback names it. */
  label: string;
  shape: Shape;
  campaign: CampaignKey;
  partner: PartnerKey;
  client: Client;
  userAgent: string;
  language: string;
  /** Ad platform ids, utm and sub ids, without `sub1` and `p`. */
  query: Readonly<Record<string, string>>;
  /** The label of the click that the same visitor made a moment earlier, on the same campaign. */
  repeats: string | null;
  events: PlannedEvent[];
  expected: Expectation;
  /** How the loopback destinations treat this click's postbacks where they do not simply accept them. */
  refusals: PlannedRefusal[];
};

/** The clicks in order of arrival, grouped by the visitor who makes them. */
export type Plan = { seed: number; clicks: PlannedClick[]; visitors: PlannedClick[][] };

type Draft = Omit<PlannedClick, 'events' | 'expected' | 'refusals'>;

const TOKEN = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** After one of each shape, the rest follows these weights: most clicks lead to nothing, as in life. */
const WEIGHTS: readonly (readonly [Shape, number])[] = [
  ['waiting', 40],
  ['registered', 26],
  ['converted', 12],
  ['converted_again', 6],
  ...SHAPES.slice(4).map((shape): readonly [Shape, number] => [shape, 1.5]),
];

/** Lays out a whole run. Pure: the same seed and number of clicks give the same plan, down to the last amount. */
export function createPlan({ clicks, seed }: { clicks: number; seed: number }): Plan {
  const random = createRandom(seed);
  const drafts = draftClicks(clicks, random);
  markClients(drafts, random);
  pairVisitors(drafts, random);
  const scripts = drafts.map((draft) => writeScript(draft.shape, draft.partner, random));
  const events = planDeliveries(scripts, random);
  const refusals = planRefusals(drafts, random);
  const planned = drafts.map((draft, position): PlannedClick => {
    const own = events[position] ?? [];
    const expected = expect(own, draft.partner);
    return { ...draft, events: own, expected, refusals: refusals.get(draft.label) ?? [] };
  });
  return { seed, clicks: planned, visitors: groupByVisitor(planned) };
}

function draftClicks(clicks: number, random: Random): Draft[] {
  const shapes = Array.from(
    { length: clicks },
    (_, position) => SHAPES[position] ?? random.weighted(WEIGHTS),
  );
  return random.shuffle(shapes).map((shape, position): Draft => {
    const campaign = random.pick(CAMPAIGN_KEYS);
    return {
      label: `j${String(position + 1).padStart(4, '0')}`,
      shape,
      campaign,
      partner: CAMPAIGNS[campaign].partner ?? random.pick(PARTNER_KEYS),
      client: 'browser',
      userAgent: random.pick(BROWSERS),
      language: random.pick(LANGUAGES),
      query: adQuery(random),
      repeats: null,
    };
  });
}

function adQuery(random: Random): Record<string, string> {
  const creative = { sub2: random.pick(CREATIVES), sub3: `placement ${random.int(1, 40)}` };
  const platform = random.weighted([
    ['google', 4],
    ['facebook', 4],
    ['partner', 2],
  ] as const);
  switch (platform) {
    case 'google':
      return {
        ...creative,
        gclid: `Cj0KCQ${random.text(60, TOKEN)}`,
        utm_source: 'google',
        utm_medium: 'cpc',
      };
    case 'facebook':
      return {
        ...creative,
        fbclid: `IwAR${random.text(50, TOKEN)}`,
        utm_source: 'facebook',
        utm_medium: 'paid',
      };
    case 'partner':
      return {
        ...creative,
        sub4: `été/${random.int(1, 9)} & more`,
        external_id: `net-${random.text(20, TOKEN)}`,
      };
  }
}

/** Some of the clicks that lead to nothing come from a crawler, some from a client that says nothing of itself. */
function markClients(drafts: Draft[], random: Random): void {
  const each = Math.max(1, Math.round(drafts.length * 0.015));
  const silent = random.shuffle(drafts.filter((draft) => draft.shape === 'waiting')).slice(0, each * 2);
  for (const [position, draft] of silent.entries()) {
    draft.client = position % 2 === 0 ? 'bot' : 'empty';
    draft.userAgent = draft.client === 'bot' ? BOT : '';
  }
}

/**
 * A few visitors click twice in a row: the first click leads to nothing, the second may go on. Not to a chargeback:
 * what the second has brought waits for a person, and when that finds it taken back already nobody is told of it.
 */
function pairVisitors(drafts: Draft[], random: Random): void {
  const pairs = Math.max(1, Math.round(drafts.length * 0.025));
  const ordinary = drafts.filter((draft) => draft.client === 'browser');
  const firsts = random.shuffle(ordinary.filter((draft) => draft.shape === 'waiting')).slice(0, pairs);
  const seconds = random
    .shuffle(ordinary.filter((draft) => !firsts.includes(draft) && !draft.shape.includes('charged_back')))
    .slice(0, firsts.length);
  for (const [position, second] of seconds.entries()) {
    const first = firsts[position];
    if (first === undefined) continue;
    const { campaign, partner, userAgent, language } = first;
    Object.assign(second, { campaign, partner, userAgent, language, repeats: first.label });
  }
}

function groupByVisitor(clicks: PlannedClick[]): PlannedClick[][] {
  const followers = new Map(
    clicks.flatMap((click) => (click.repeats === null ? [] : [[click.repeats, click]])),
  );
  return clicks
    .filter((click) => click.repeats === null)
    .map((click) => {
      const follower = followers.get(click.label);
      return follower === undefined ? [click] : [click, follower];
    });
}
