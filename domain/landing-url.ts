import { SUB_NAMES, type Subs } from './postback/macros';
import {
  checkTemplate,
  encodeValue,
  fillTemplate,
  type TemplateCheck,
  usesMacro,
} from './postback/url-template';

const LANDING_MACROS = ['click_id', 'external_id', 'campaign_id', 'partner_id', ...SUB_NAMES] as const;

type LandingMacro = (typeof LANDING_MACROS)[number];

/** The query parameter that carries our id when the template does not place it. */
const CLICK_ID_PARAMETER = 'click_id';

export type LandingValues = {
  readonly clickId: string;
  /** The traffic source's own id of the click. */
  readonly externalId?: string | undefined;
  readonly campaignId?: string | undefined;
  readonly partnerId?: string | undefined;
  readonly subs?: Subs | undefined;
};

/** Decides whether a landing (or fallback) URL may be stored. A fragment is kept; macros may stand in it. */
export function validateLandingTemplate(url: string): TemplateCheck {
  return checkTemplate(url, { macros: LANDING_MACROS, allowFragment: true });
}

/**
 * Where the visitor of one click goes. The click id reaches the landing page in every case: through `{click_id}`,
 * else as the query parameter `click_id`, which replaces one of that name. The origin is always the template's.
 */
export function renderLandingUrl(template: string, values: LandingValues): string {
  const named: { readonly [name in LandingMacro]?: string | undefined } = {
    ...values.subs,
    click_id: values.clickId,
    external_id: values.externalId,
    campaign_id: values.campaignId,
    partner_id: values.partnerId,
  };
  const url = fillTemplate(template, (name) => (isLandingMacro(name) ? named[name] : undefined));
  return usesMacro(template, 'click_id') ? url : withClickId(url, values.clickId);
}

function isLandingMacro(name: string): name is LandingMacro {
  return (LANDING_MACROS as readonly string[]).includes(name);
}

/** Works on text: re-serialising through URLSearchParams would rewrite the encoding of foreign parameters. */
function withClickId(url: string, clickId: string): string {
  const [beforeFragment, fragment] = cut(url, '#');
  const [base, query = ''] = cut(beforeFragment, '?');
  const others = query.split('&').filter((pair) => pair !== '' && parameterName(pair) !== CLICK_ID_PARAMETER);
  const pairs = [...others, `${CLICK_ID_PARAMETER}=${encodeValue(clickId)}`];
  return `${base}?${pairs.join('&')}${fragment === undefined ? '' : `#${fragment}`}`;
}

function cut(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** The decoded name, because `click%5Fid=` names the same parameter; an undecodable name is nobody's. */
function parameterName(pair: string): string {
  const [name] = cut(pair, '=');
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}
