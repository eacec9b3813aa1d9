import { excerptOf } from './response-excerpt';

const utf8 = (text: string) => Buffer.from(text);

describe('excerptOf', () => {
  it.each([
    ['nothing', Buffer.alloc(0), ''],
    ['text', utf8('{"ok":true}'), '{"ok":true}'],
    ['other scripts', utf8('принято ✓ 👍'), 'принято ✓ 👍'],
    ['line ends and tabs', utf8(' a\r\n\tb\n'), 'a b'],
    ['escape sequences', utf8('\u001b[31mred\u001b[0m'), '[31mred [0m'],
    ['bidirectional overrides', utf8('a\u202Eb\u2066c'), 'a b c'],
    ['a zero byte', Buffer.from([65, 0, 66]), '[binary]'],
    ['compressed bytes', Buffer.from([0x1f, 0x8b, 0x08, 0xff, 0xfe, 0xfd, 0x80, 0x81]), '[binary]'],
    [
      'one wrong byte in much text',
      Buffer.concat([utf8('Grüße aus Köln '), Buffer.from([0xfc])]),
      'Grüße aus Köln \uFFFD',
    ],
  ])('%s', (_name, bytes, excerpt) => {
    expect(excerptOf(bytes)).toBe(excerpt);
  });

  it.each(['x', 'ü', '€', '👍'])('cuts %s at 500 characters, never inside one', (character) => {
    const excerpt = excerptOf(utf8(character.repeat(20_000)));
    expect([...excerpt]).toHaveLength(500);
    expect(excerpt).toBe(character.repeat(500));
  });
});
