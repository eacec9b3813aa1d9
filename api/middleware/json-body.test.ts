import { AppError } from '../../domain/errors';
import { parseJson } from './json-body';

function refusalOf(text: string | Buffer): { code: string; path: string | undefined } {
  try {
    parseJson(Buffer.from(text));
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, path: error.errors[0]?.path };
    throw error;
  }
  throw new Error('was accepted');
}

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

describe('parseJson', () => {
  it.each([
    ['{"a":{"b":[1,"x",null]},"c":{"b":1}}'],
    ['[{"a":1},{"a":2}]'],
    ['{"a":"\\"b\\":1","b":1}'],
    ['{"😀":"👩‍👧"}'],
    ['"text"'],
    [nested(32)],
    [`{"a":"${'\\"'.repeat(300_000)}"}`],
    [`[${'0,'.repeat(400_000)}0]`],
  ])('accepts %.60s', (text) => {
    expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
  });

  it.each([
    ['{"a":}', 'malformed_json', undefined],
    ['{"a":1}}', 'malformed_json', undefined],
    ['{"a":NaN}', 'malformed_json', undefined],
    ['{a:1}', 'malformed_json', undefined],
    [nested(33), 'invalid_request', Array(33).fill('a').join('.')],
    ['{"x":{"__proto__":{"admin":true}}}', 'invalid_request', 'x.__proto__'],
    ['{"constructor":1}', 'invalid_request', 'constructor'],
    ['[{"prototype":1}]', 'invalid_request', '0.prototype'],
    ['{"name":"a\\u0000b"}', 'invalid_request', 'name'],
    ['{"a\\u0000":1}', 'invalid_request', 'a?'],
    ['{"name":"\\ud800"}', 'invalid_request', 'name'],
    ['{"amount":1e999}', 'invalid_request', 'amount'],
    ['{"a":1,"a":2}', 'invalid_request', 'a'],
    ['{"list":[{"b":1},{"c":1,"c":2}]}', 'invalid_request', 'list.1.c'],
    ['{"a":1,"\\u0061":2}', 'invalid_request', 'a'],
  ])('refuses %.60s', (text, code, path) => {
    expect(refusalOf(text)).toEqual({ code, path });
  });

  it.each([
    ['a lone continuation byte', Buffer.from([0x22, 0x80, 0x22])],
    ['an overlong encoding', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
  ])('refuses %s', (_name, bytes) => {
    expect(refusalOf(bytes).code).toBe('malformed_json');
  });
});
