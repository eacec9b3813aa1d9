import { compileLandingTemplate, type LandingValues, validateLandingTemplate } from './landing-url';

const RFC_3986_AUTHORITY = /^[^:/?#]+:\/\/([^/?#]*)/;
const clickId = 'clk_01hzy';

function renderLandingUrl(template: string, values: LandingValues): string {
  return compileLandingTemplate(template)(values);
}

describe('compileLandingTemplate', () => {
  it('fills every landing macro', () => {
    const template =
      'https://casino.example/{campaign_id}/?c={click_id}&x={external_id}&p={partner_id}&s={sub1}-{sub20}-{sub2}';
    const url = renderLandingUrl(template, {
      clickId,
      externalId: 'ext/1',
      campaignId: 'cmp_1',
      partnerId: 'ptn_1',
      subs: { sub1: 'a b', sub20: 'ü' },
    });
    expect(url).toBe('https://casino.example/cmp_1/?c=clk_01hzy&x=ext%2F1&p=ptn_1&s=a%20b-%C3%BC-');
  });

  it.each([
    ['https://casino.example', 'https://casino.example?click_id=clk_01hzy'],
    ['https://casino.example/', 'https://casino.example/?click_id=clk_01hzy'],
    ['https://casino.example/?', 'https://casino.example/?click_id=clk_01hzy'],
    ['https://casino.example/?a=1&b=%20+', 'https://casino.example/?a=1&b=%20+&click_id=clk_01hzy'],
    ['https://casino.example/?a=1&', 'https://casino.example/?a=1&click_id=clk_01hzy'],
    ['https://casino.example/#top', 'https://casino.example/?click_id=clk_01hzy#top'],
    ['https://casino.example/?a=1#/r?x=1', 'https://casino.example/?a=1&click_id=clk_01hzy#/r?x=1'],
    ['https://casino.example/?click_id=old&a=1', 'https://casino.example/?a=1&click_id=clk_01hzy'],
    ['https://casino.example/?click%5Fid=old&click_id', 'https://casino.example/?click_id=clk_01hzy'],
    ['https://casino.example/?click_id={sub1}', 'https://casino.example/?click_id=clk_01hzy'],
    ['https://casino.example/?{sub2}=forged', 'https://casino.example/?click_id=clk_01hzy'],
    ['https://casino.example/?%zz=1', 'https://casino.example/?%zz=1&click_id=clk_01hzy'],
    ['https://casino.example/#/play/{click_id}', 'https://casino.example/#/play/clk_01hzy'],
  ])('brings the click id into %s', (template, expected) => {
    expect(validateLandingTemplate(template)).toEqual({ ok: true });
    expect(renderLandingUrl(template, { clickId, subs: { sub1: 'forged', sub2: 'click_id' } })).toBe(
      expected,
    );
  });
});

describe('validateLandingTemplate', () => {
  it.each(['{event}', '{amount}', '{clickid}'])('does not know %s', (macro) => {
    const check = validateLandingTemplate(`https://casino.example/?a=${macro}`);
    expect(check).toEqual({ ok: false, problem: expect.stringContaining(`unknown macro ${macro}`) });
  });

  it.each([
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'https:/\\evil.example',
    'https:\\\\evil.example',
    'https:evil.example',
    'https:///evil.example',
    'https://casino.example@evil.example/',
    'https://casino.example:pw@evil.example/',
    'https://casino.example%40evil.example/',
    'https://casino.example%00.evil.example/',
    'https://casino.example\0.evil.example/',
    'https://casino.example\t.evil.example/',
    'https://casino.example\r\nLocation: https://evil.example/',
    'https://casino.example/%0d%0aLocation:%20https://evil.example/',
    ' https://casino.example/',
    'ht\ntps://casino.example/',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html;base64,PHNjcmlwdD4=',
    'vbscript:x',
    'file:///etc/passwd',
    'https://cаsino.example/',
    'https://casino。example/',
    'https://casino.example／evil.example/',
    'https://{sub1}.casino.example/',
    'https://casino.example.{sub1}/',
    'https://casino.example:{sub1}/',
    '{sub1}',
    'https://{sub1}',
  ])('refuses %j', (template) => {
    expect(validateLandingTemplate(template).ok).toBe(false);
  });
});

describe('hostile values', () => {
  const templates = [
    'https://casino.example/{sub1}?c={click_id}',
    'https://casino.example/{sub1}/{sub1}',
    'https://casino.example?{sub1}',
    'https://casino.example/?next={sub1}',
    'https://casino.example/#{sub1}',
    'https://casino.example/a{sub1}{sub1}',
  ];
  const values = [
    'evil.com/',
    '//evil.com',
    '/\\evil.com',
    '\\\\evil.com',
    'https://evil.com/',
    'javascript:alert(1)',
    '@evil.com',
    ':x@evil.com/',
    '.evil.com',
    '%2f%2fevil.com',
    '%252f%252fevil.com',
    '%00',
    '%0d%0aLocation: https://evil.com',
    '\r\nLocation: https://evil.com',
    '\tevil.com',
    '\0evil.com',
    'еvil.com',
    '／／evil.com',
    '..',
    '../../..//evil.com',
    '{click_id}',
    '#@evil.com',
    '?@evil.com',
    '\uD800',
  ];

  it.each(templates)('stay inside %s', (template) => {
    expect(validateLandingTemplate(template)).toEqual({ ok: true });
    for (const value of values) {
      const location = renderLandingUrl(template, { clickId, subs: { sub1: value } });
      expect(new URL(location).host).toBe('casino.example');
      expect(RFC_3986_AUTHORITY.exec(location)?.[1]).toBe('casino.example');
      expect(location).toMatch(/^https:\/\/casino\.example[/?#][\x21-\x7e]*$/);
      expect(location).toContain(clickId);
    }
  });
});
