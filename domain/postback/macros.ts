import { checkTemplate, fillTemplate, type TemplateCheck, unknownMacros } from './url-template';

/** The free parameters that a traffic source may hang on a click. */
export const SUB_NAMES = [
  'sub1',
  'sub2',
  'sub3',
  'sub4',
  'sub5',
  'sub6',
  'sub7',
  'sub8',
  'sub9',
  'sub10',
  'sub11',
  'sub12',
  'sub13',
  'sub14',
  'sub15',
  'sub16',
  'sub17',
  'sub18',
  'sub19',
  'sub20',
] as const;

export type SubName = (typeof SUB_NAMES)[number];

/** The sub parameters of one click; absent ones are simply not there. */
export type Subs = { readonly [name in SubName]?: string | undefined };

/** Every macro that a partner's postback URL may use. */
export const POSTBACK_MACROS = [
  'click_id',
  'external_id',
  'event',
  'transaction_id',
  'amount',
  'currency',
  'payout',
  'payout_currency',
  ...SUB_NAMES,
  'partner_id',
  'campaign_id',
  'player_hash',
  'ltv',
  'timestamp',
  'trust',
] as const;

export type MacroName = (typeof POSTBACK_MACROS)[number];
export type MacroValues = { readonly [name in MacroName]?: string | undefined };

/** The names between braces that are no postback macro, each once, in order of appearance. */
export function findUnknownMacros(template: string): string[] {
  return unknownMacros(template, POSTBACK_MACROS);
}

/** Decides whether a partner URL may be stored: http(s), fixed origin, no user info, known macros only. */
export function validateTemplate(url: string): TemplateCheck {
  return checkTemplate(url, { macros: POSTBACK_MACROS, allowFragment: false });
}

/** Fills an accepted template. Every value is percent-encoded, a missing one is empty, the origin never moves. */
export function renderUrl(template: string, values: MacroValues): string {
  return fillTemplate(template, (name) => (isMacroName(name) ? values[name] : undefined));
}

function isMacroName(name: string): name is MacroName {
  return (POSTBACK_MACROS as readonly string[]).includes(name);
}
