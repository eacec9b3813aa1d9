import fc from 'fast-check';
import { findUnknownMacros, type MacroValues, POSTBACK_MACROS, renderUrl, validateTemplate } from './macros';

/** The reference grammar of RFC 3986, appendix B: a second opinion beside the WHATWG parser. */
const RFC_3986 = /^(([^:/?#]+):)?(\/\/([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?$/;

function authorityByRfc3986(url: string): string | undefined {
  return RFC_3986.exec(url)?.[4]?.toLowerCase();
}

describe('findUnknownMacros', () => {
  it.each([
    ['https://t.example/?a={click_id}&b={sub20}', []],
    ['https://t.example/?a={clickid}&b={CLICK_ID}&c={clickid}', ['clickid', 'CLICK_ID']],
    ['https://t.example/?a={sub21}&b={sub0}&c={}', ['sub21', 'sub0', '']],
    ['https://t.example/?a={__proto__}&b={toString}', ['__proto__', 'toString']],
  ])('%s', (template, unknown) => {
    expect(findUnknownMacros(template)).toEqual(unknown);
  });
});

describe('validateTemplate', () => {
  it.each([
    'https://t.example/postback?cid={click_id}&sum={payout}&cur={currency}',
    'http://t.example:8080/{click_id}/{event}?{sub1}={sub2}',
    'HTTPS://T.Example?cid={click_id}',
    'https://xn--80ak6aa92e.example/?cid={click_id}',
    'https://[2606:4700::1111]:8443/?cid={click_id}',
    'https://t.example/über?cid={click_id}',
    'https://t.example/fixed',
  ])('accepts %s', (template) => {
    expect(validateTemplate(template)).toEqual({ ok: true });
  });

  it.each([
    ['javascript:alert(1)//{click_id}', 'must start with'],
    ['data:text/html,x', 'must start with'],
    ['//t.example/?cid={click_id}', 'must start with'],
    ['https:/t.example/', 'must start with'],
    ['ftp://t.example/', 'must start with'],
    ['{sub1}://t.example/', 'must start with'],
    ['https:///t.example/', 'no valid host'],
    ['https://{sub1}/?cid={click_id}', 'before the path'],
    ['https://t.example{sub1}/', 'before the path'],
    ['https://t.example:{sub1}/', 'before the path'],
    ['https://{sub1}@t.example/', 'before the path'],
    ['https://user:secret@t.example/', 'user name'],
    ['https://t.example@evil.example/', 'user name'],
    ['https://t%2eexample/', 'no valid host'],
    ['https://t.example:99999/', 'no valid host'],
    ['https://t.exämple/', 'xn--'],
    ['https://t.example\\@evil.example/', 'backslash'],
    ['https:/\\evil.example/', 'backslash'],
    ['https://t.example/?a=b c', 'space'],
    ['https://t.example/\t?a={click_id}', 'control character'],
    ['https://t.example/\r\nX: y', 'control character'],
    ['https://t.example/\0', 'control character'],
    ['https://t.example/\u202E', 'control character'],
    ['https://t.example/\uD800', 'control character'],
    ['https://t.example/?a=%0d%0aX:y', 'encoded control'],
    ['https://t.example/%00', 'encoded control'],
    ['https://t.example/?cid=%7Bclick_id%7D', 'write it as {click_id}'],
    ['https://t.example/?cid={clickid}', 'unknown macro {clickid}'],
    ['https://t.example/?cid={{click_id}}', 'brace'],
    ['https://t.example/?cid={click_id', 'brace'],
    ['https://t.example/#?cid={click_id}', '#fragment'],
    ['https://t.example/#', '#fragment'],
    [`https://t.example/${'a'.repeat(2_048)}`, 'longer'],
    ['', 'must start with'],
  ])('refuses %j', (template, problem) => {
    expect(validateTemplate(template)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });
});

describe('renderUrl', () => {
  it('fills every macro and encodes everything that is not unreserved', () => {
    const url = renderUrl('https://t.example/p?cid={click_id}&e={event}&x={sub1}{sub2}', {
      click_id: 'clk_1',
      event: 'first_deposit',
      sub1: `a b&c=d+e/f?g#h%i!'()*`,
      sub2: 'ü\uD800',
    });
    expect(url).toBe(
      'https://t.example/p?cid=clk_1&e=first_deposit&x=a%20b%26c%3Dd%2Be%2Ff%3Fg%23h%25i%21%27%28%29%2A%C3%BC%EF%BF%BD',
    );
  });

  it('renders a missing value as the empty string', () => {
    expect(renderUrl('https://t.example/?a={payout}&b={ltv}', { ltv: '10.00' })).toBe(
      'https://t.example/?a=&b=10.00',
    );
  });

  it('neither expands values nor takes names from the prototype', () => {
    expect(renderUrl('https://t.example/?a={sub1}', { sub1: '{click_id}', click_id: 'x' })).toBe(
      'https://t.example/?a=%7Bclick_id%7D',
    );
    expect(renderUrl('https://t.example/?a={constructor}', {})).toBe('https://t.example/?a=');
  });

  it.each([
    ['..', 'https://t.example/a/%252E%252E/b'],
    ['.', 'https://t.example/a/%252E/b'],
    ['../..', 'https://t.example/a/..%2F../b'],
    ['%2e%2e', 'https://t.example/a/%252e%252e/b'],
    ['1.5', 'https://t.example/a/1.5/b'],
  ])('does not let %j move the path', (value, expected) => {
    const url = renderUrl('https://t.example/a/{sub1}/b', { sub1: value });
    expect(url).toBe(expected);
    expect(new URL(url).pathname.split('/')).toHaveLength(4);
  });

  it('writes literal characters outside the URL alphabet in their encoded form', () => {
    expect(renderUrl('https://t.example/über?a="<>|{sub1}', { sub1: 'x' })).toBe(
      'https://t.example/%C3%BCber?a=%22%3C%3E%7Cx',
    );
  });

  it('refuses to fill what was never checked', () => {
    expect(() => renderUrl('javascript:{sub1}', { sub1: 'x' })).toThrow('had not been checked');
  });
});

describe('whatever the values are', () => {
  const nasty = fc.constantFrom(
    '@evil.example/',
    '//evil.example',
    '\\\\evil',
    ':80@evil',
    '\r\nSet-Cookie: a=b',
    '\0',
    '..',
    '.',
    '?',
    '#',
  );
  const value = fc.oneof(fc.string({ unit: 'binary' }), nasty);
  const values: fc.Arbitrary<MacroValues> = fc.dictionary(fc.constantFrom(...POSTBACK_MACROS), value);
  const macro = fc.constantFrom(...POSTBACK_MACROS).map((name) => `{${name}}`);
  const piece = fc.oneof(
    macro,
    fc.constantFrom('/', '.', '..', '?', '&', '=', '%2e', 'a', ':', '@', '//', ';'),
  );
  const origins = fc.constantFrom('https://t.example', 'http://t.example:8080', 'https://[2606:4700::1111]');
  const template = fc
    .tuple(origins, fc.constantFrom('/', '?'), fc.array(piece, { maxLength: 12 }))
    .map(([origin, start, pieces]) => origin + start + pieces.join(''));

  it('an accepted template keeps its origin for two URL parsers, and stays plain ASCII', () => {
    fc.assert(
      fc.property(template, values, (text, filled) => {
        expect(validateTemplate(text)).toEqual({ ok: true });
        const rendered = renderUrl(text, filled);
        const [url, original] = [new URL(rendered), new URL(text)];
        expect(url.origin).toBe(original.origin);
        expect(authorityByRfc3986(rendered)).toBe(authorityByRfc3986(text));
        expect(url.username + url.password + url.hash).toBe('');
        expect(rendered).toMatch(/^[\x21-\x7e]+$/);
      }),
      { numRuns: 1_000 },
    );
  });

  it('an arbitrary string is either refused or keeps its origin', () => {
    const loose = fc
      .array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 3 }), nasty))
      .map((all) => all.join(''));
    const anyText = fc.tuple(fc.constantFrom('https://', 'http:', 'https://t.example', ''), loose);
    fc.assert(
      fc.property(anyText, values, ([head, tail], filled) => {
        const text = head + tail;
        if (!validateTemplate(text).ok) return;
        expect(new URL(renderUrl(text, filled)).origin).toBe(new URL(renderUrl(text, {})).origin);
      }),
      { numRuns: 2_000 },
    );
  });

  it('the receiver reads back exactly the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const url = new URL(renderUrl('https://t.example/?a={sub1}&b=1', { sub1: text }));
        expect(url.searchParams.get('a')).toBe(text);
        expect(url.searchParams.get('b')).toBe('1');
      }),
    );
  });

  it('the number of path segments does not change', () => {
    fc.assert(
      fc.property(values, (filled) => {
        const text = 'https://t.example/a/{sub1}/{sub2}{sub3}/.{sub4}/z';
        expect(new URL(renderUrl(text, filled)).pathname.split('/')).toHaveLength(6);
      }),
      { numRuns: 1_000 },
    );
  });
});
