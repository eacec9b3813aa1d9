import fc from 'fast-check';
import { ID_PREFIXES, type IdPrefix, idFromUuid, mintedAtMs, parseId, uuidFromId } from './ids';

const prefixes = Object.keys(ID_PREFIXES) as IdPrefix[];
const anyPrefix = fc.constantFrom(...prefixes);
const anyUuid = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(asUuid);

function asUuid(value: bigint): string {
  return value
    .toString(16)
    .padStart(32, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

describe('idFromUuid and uuidFromId', () => {
  it.each([
    ['00000000-0000-0000-0000-000000000000', 'clk_00000000000000000000000000'],
    ['00000000-0000-0000-0000-00000000001f', 'clk_0000000000000000000000000z'],
    ['00000000-0000-0000-0000-000000000020', 'clk_00000000000000000000000010'],
    ['ffffffff-ffff-ffff-ffff-ffffffffffff', 'clk_7zzzzzzzzzzzzzzzzzzzzzzzzz'],
  ])('%s is %s', (uuid, id) => {
    expect(idFromUuid('clk', uuid)).toBe(id);
    expect(uuidFromId(idFromUuid('clk', uuid))).toBe(uuid);
  });

  it('are each other’s inverse for every prefix and UUID', () => {
    fc.assert(
      fc.property(anyPrefix, anyUuid, (prefix, uuid) => {
        const id = idFromUuid(prefix, uuid);
        expect(uuidFromId(id)).toBe(uuid);
        expect(parseId(prefix, id)).toBe(id);
      }),
      { seed: 21, numRuns: 1_000 },
    );
  });

  it('keep the order of the UUIDs, and so the order of time', () => {
    fc.assert(
      fc.property(anyUuid, anyUuid, (a, b) => {
        expect(idFromUuid('evt', a) < idFromUuid('evt', b)).toBe(a < b);
      }),
      { seed: 22, numRuns: 500 },
    );
  });

  it.each([
    '',
    'clk_00000000000000000000000000',
    '019C0000-0000-7000-8000-00000000000A',
    '019c0000000070008000000000000001',
    '019c0000-0000-7000-8000-00000000000',
    '019c0000-0000-7000-8000-0000000000011',
    '019c0000-0000-7000-8000-00000000000g',
    '019c0000-0000-7000-8000-000000000001\n',
  ])('refuse %p, which is no lower-case UUID', (uuid) => {
    expect(() => idFromUuid('clk', uuid)).toThrow('not a UUID');
  });
});

describe('parseId', () => {
  const body = '06f00000003g0g000000000001';

  it('takes an id of its own kind as it is', () => {
    expect(parseId('clk', `clk_${body}`)).toBe(`clk_${body}`);
  });

  it.each([
    ['nothing', ''],
    ['the prefix alone', 'clk_'],
    ['another kind', `cmp_${body}`],
    ['no prefix', body],
    ['the prefix without its line', `clk${body}`],
    ['an upper-case prefix', `CLK_${body}`],
    ['upper case', `clk_${body.toUpperCase()}`],
    ['one character too few', `clk_${body.slice(1)}`],
    ['one character too many', `clk_${body}0`],
    ['a space behind it', `clk_${body} `],
    ['a line break behind it', `clk_${body}\n`],
    ['a raw UUID', 'clk_019c0000-0000-7000-8000-000000000001'],
    ['more than 128 bits', `clk_8${body.slice(1)}`],
    ['the most that 26 characters hold', `clk_${'z'.repeat(26)}`],
  ])('refuses %s', (_name, text) => {
    expect(parseId('clk', text)).toBeNull();
  });

  it.each(['i', 'l', 'o', 'u', 'I', 'L', 'O', 'U', '-', '_', 'é'])('repairs no %s', (character) => {
    expect(parseId('clk', `clk_${body.slice(0, 10)}${character}${body.slice(11)}`)).toBeNull();
  });

  it('takes exactly what idFromUuid makes', () => {
    const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'.split('');
    const text = fc.string({
      unit: fc.constantFrom(...alphabet),
      minLength: 26,
      maxLength: 26,
    });
    fc.assert(
      fc.property(text, (encoded) => {
        const isOne = /^[0-7]/.test(encoded) && !/[ilou]/.test(encoded);
        expect(parseId('clk', `clk_${encoded}`) !== null).toBe(isOne);
      }),
      { seed: 23, numRuns: 1_000 },
    );
  });
});

describe('mintedAtMs', () => {
  it.each([
    ['019c0000-0000-7000-8000-000000000001', 0x019c00000000],
    ['00000000-0000-7000-8000-000000000001', 0],
    ['ffffffff-ffff-7fff-bfff-ffffffffffff', 0xffffffffffff],
  ])('reads the first 48 bits of %s', (uuid, ms) => {
    expect(mintedAtMs(idFromUuid('clk', uuid))).toBe(ms);
  });
});

describe('the registry of prefixes', () => {
  it('has three lower-case letters each, all that the product shows among them', () => {
    expect(prefixes.filter((prefix) => !/^[a-z]{3}$/.test(prefix))).toEqual([]);
    expect(prefixes).toEqual(
      expect.arrayContaining(['clk', 'cmp', 'off', 'ptn', 'dst', 'cnv', 'pbk', 'evt']),
    );
    expect(prefixes).toEqual(expect.arrayContaining(['wsp', 'ply', 'dea', 'src', 'key', 'vis']));
  });
});
