import { SUB_NAMES, type SubName, type Subs } from './postback/macros';
import {
  checkTemplate,
  compileTemplate,
  encodeValue,
  type TemplateCheck,
  usesMacro,
} from './postback/url-template';

const LANDING_MACROS = ['click_id', 'external_id', 'campaign_id', 'partner_id', ...SUB_NAMES] as const;

const SUB_NAME_SET: ReadonlySet<string> = new Set(SUB_NAMES);

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

/** Where the visitor of one click goes. */
export type LandingTemplate = (values: LandingValues) => string;

/**
 * A template that was validated, ready to be filled many times. The click id reaches the landing page in every case:
 * through `{click_id}`, else as the query parameter `click_id`, which replaces one of that name. The origin is always
 * the template's.
 */
export function compileLandingTemplate(template: string): LandingTemplate {
  const fill = compileTemplate(template);
  const isPlaced = usesMacro(template, 'click_id');
  return (values) => {
    const url = fill((name) => landingValue(values, name));
    return isPlaced ? url : withClickId(url, values.clickId);
  };
}

function landingValue(values: LandingValues, name: string): string | undefined {
  switch (name) {
    case 'click_id':
      return values.clickId;
    case 'external_id':
      return values.externalId;
    case 'campaign_id':
      return values.campaignId;
    case 'partner_id':
      return values.partnerId;
    default:
      return isSubName(name) ? values.subs?.[name] : undefined;
  }
}

function isSubName(name: string): name is SubName {
  return SUB_NAME_SET.has(name);
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
