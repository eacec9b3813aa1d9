/** What somebody writes into a click link who wants the visitor, or a header of the answer, for himself. */
export const HOSTILE_VALUES: readonly string[] = [
  ...[
    '//evil.example',
    '///evil.example',
    '////evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '\\/evil.example',
  ],
  ...[
    'https:/\\evil.example',
    'https:\\\\evil.example',
    'https:evil.example',
    'https:/evil.example',
    'https:///evil.example',
  ],
  ...[
    'http://evil.example',
    'HTTPS://EVIL.EXAMPLE/',
    'ftp://evil.example/',
    'https://casino.example@evil.example/',
  ],
  ...[
    '@evil.example',
    ':pw@evil.example',
    '.evil.example',
    ':80@evil.example/',
    ':443.evil.example',
    'evil.com/',
  ],
  ...[
    'casino.example.evil.example',
    'evil.example%23casino.example',
    'evil.example?casino.example',
    '#@evil.example/',
  ],
  ...['?@evil.example', '/@evil.example', ';@evil.example', '&next=https://evil.example', '%40evil.example'],
  ...[
    '%00',
    '\0',
    'a\0//evil.example',
    '%2500',
    '%0d%0aLocation:%20https://evil.example',
    '%250d%250aX:%201',
  ],
  ...[
    '\r\nLocation: https://evil.example',
    '\nSet-Cookie: admin=1',
    '\rSet-Cookie: a=b',
    '\r\n\r\n<script>alert(1)</script>',
  ],
  ...['\u560d\u560aLocation: https://evil.example', '\u2028//evil.example', '\u0085//evil.example', '\v\f'],
  ...[
    '\t//evil.example',
    '/\t/evil.example',
    'ht\ntps://evil.example',
    ' //evil.example',
    'java\tscript:alert(1)',
  ],
  ...[
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)//',
    'javascript://%0aalert(1)',
    'data:text/html;base64,PHNjcmlwdD4=',
  ],
  ...[
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://evil.example/x',
    'about:blank',
    'intent://evil.example#Intent;end',
  ],
  ...[
    '%2f%2fevil.example',
    '%252f%252fevil.example',
    '%25252f%25252fevil.example',
    '%5cevil.example',
    '%255cevil.example',
  ],
  ...['%2e%2e%2f%2e%2e', '..', '.', '../../..//evil.example', '..;/', '%2e', '%252e%252e/'],
  ...[
    'еvil.example',
    'casinо.example',
    '／／evil.example',
    '。evil.example',
    '⁄⁄evil.example',
    'ﬁ.example',
    'evil｡example',
  ],
  ...[
    'xn--80ak6aa92e.example',
    '\u202Eelpmaxe.live',
    '\u200B//evil.example',
    '\uFEFF//evil.example',
    '\uD800',
  ],
  ...[
    '{sub2}',
    '{click_id}',
    '{{sub1}}',
    '\u0024{sub1}',
    'https://casino.example/?u=https://evil.example/?u=//evil.example',
  ],
  ...[
    '<script>alert(1)</script>',
    '"><img src=x>',
    "'",
    '`',
    '|',
    '^',
    '[::1]',
    '[evil',
    ']',
    'x'.repeat(3_000),
  ],
];

/** Landing and fallback URLs that must not be stored, macros in every place that decides where a visitor goes. */
export const HOSTILE_TEMPLATES: readonly string[] = [
  ...['{sub1}', '{sub1}://casino.example/', 'http{sub1}://casino.example/', 'https:{sub1}', 'https:/{sub1}'],
  ...['https://{sub1}', 'https://{sub1}/', 'https://{sub1}.casino.example/', 'https://casino.example{sub1}/'],
  ...['https://casino{sub1}.example/', 'https://casino.example.{sub1}/', 'https://casino.example:{sub1}/'],
  ...[
    'https://casino.example:44{sub1}/',
    'https://{sub1}@casino.example/',
    'https://user:{sub1}@casino.example/',
  ],
  ...[
    'https://casino.example@{sub1}/',
    'https://%7Bsub1%7D/',
    'https://casino.example/%7Bsub1%7D',
    '//{sub1}/',
  ],
  ...[
    '//casino.example/',
    '/\\casino.example',
    'https:\\\\casino.example',
    'https:/\\casino.example',
    'https:casino.example',
  ],
  ...[
    'https:///casino.example',
    'https://casino.example\\@evil.example/',
    'https://user@casino.example/',
    'https://:@casino.example/',
  ],
  ...[
    'https://casino.example%2fevil.example/',
    'https://casino.example%00/',
    'https://casino.example/\r\nX: 1',
  ],
  ...[
    'https://casino.example/%0d%0aX:%201',
    'https://casino.example/\t',
    ' https://casino.example/',
    'https://casino.example/\u2028',
  ],
  ...[
    'javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ftp://casino.example/',
    'about:blank',
  ],
  ...[
    'https://casinо.example/',
    'https://casino。example/',
    'https://casino.example:99999/',
    'https://casino.example:/x:{sub1}@',
  ],
  ...['https://[::1', 'https://[{sub1}]/', 'https://', 'https:// casino.example/', 'casino.example', ''],
];

/** Every parameter that a link may bring: known names, their other names, and those that redirectors use. */
export const LINK_PARAMETERS: readonly string[] = [
  ...Array.from({ length: 20 }, (_, index) => `sub${index + 1}`),
  ...[
    's1',
    's5',
    'aff_sub',
    'aff_sub2',
    'sub_id3',
    'subid4',
    'external_id',
    'click_id',
    'clickid',
    'aff_click_id',
    'subid',
    'cid',
  ],
  ...[
    'gclid',
    'gbraid',
    'wbraid',
    'fbclid',
    'ttclid',
    'msclkid',
    'ScCid',
    'rdt_cid',
    'twclid',
    'epik',
    'li_fat_id',
  ],
  ...['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content', 'p', 'test'],
  ...[
    'url',
    'u',
    'r',
    'to',
    'next',
    'redirect',
    'redirect_uri',
    'return',
    'dest',
    'destination',
    'continue',
    'goto',
    'lp',
    'landing',
  ],
];

/** Headers in which a client may name a host, an address or a path of its own. */
export const SPOKEN_HEADERS: readonly string[] = [
  ...[
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-for',
    'x-forwarded-port',
    'x-forwarded-prefix',
    'forwarded',
  ],
  ...[
    'x-original-url',
    'x-rewrite-url',
    'x-host',
    'x-real-ip',
    'true-client-ip',
    'referer',
    'user-agent',
    'origin',
  ],
  ...['accept-language', 'x-request-id'],
];

/** As a value of a query or a segment of a path; half a character becomes the mark of one that is missing. */
export function encoded(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\uFFFD'));
}

/** The bytes of a text as a header can carry them: without what Node refuses to send, because it would split a request. */
export function asHeader(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  return bytes.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 500);
}
