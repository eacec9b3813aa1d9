import { MAX_CLICK_VALUE_LENGTH, readClickQuery } from './click-query';

describe('readClickQuery', () => {
  it.each([
    ['plain', '&'],
    ['begun again by a question mark', '?'],
  ])('reads the first two hundred parameters, and says that there are more: %s', (_name, separator) => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => `n${n}=a`).join(separator);
    const query = readClickQuery(
      `sub1=first${separator}${many(198)}${separator}sub2=still${separator}sub3=beyond`,
    );
    expect(query.subs).toEqual({ sub1: 'first', sub2: 'still' });
    expect(query.isWhole).toBe(false);
  });

  it.each([
    ['test=1', true],
    ['test=true&sub1=a', true],
    ['test=YES', true],
    ['test=0', false],
    ['test=', false],
    ['sub1=test', false],
    ['', false],
    ['Test=1', false],
  ])('knows a test link: %s', (raw, isTest) => {
    expect(readClickQuery(raw).isTest).toBe(isTest);
  });

  it('keeps ad ids and utm parameters as they were sent, names included', () => {
    const query = readClickQuery(
      'gclid=Cj0K_-Q%2B1&ScCid=AbC&fbclid=IwAR1~x&ttclid=E.C.P.1&utm_source=face%20book&utm_Campaign=X&other=1',
    );
    expect(query.adIds).toEqual({ gclid: 'Cj0K_-Q+1', ScCid: 'AbC', fbclid: 'IwAR1~x', ttclid: 'E.C.P.1' });
    expect(query.utm).toEqual({ utm_source: 'face book', utm_Campaign: 'X' });
  });

  it('finds an ad id whatever the case of its name, and names it as the platform does', () => {
    expect(readClickQuery('GCLID=a&sccid=b').adIds).toEqual({ gclid: 'a', ScCid: 'b' });
  });

  it.each([
    ['sub1=a&sub20=t', { sub1: 'a', sub20: 't' }],
    ['s1=a&s5=e', { sub1: 'a', sub5: 'e' }],
    ['aff_sub=a&aff_sub2=b&aff_sub5=e', { sub1: 'a', sub2: 'b', sub5: 'e' }],
    ['s1=alias&sub1=own', { sub1: 'own' }],
    ['sub21=x&s6=y', {}],
    ['sub1=first&sub1=second', { sub1: 'first' }],
    ['sub1=&s1=alias', { sub1: 'alias' }],
  ])('reads the subs of %s', (raw, subs) => {
    expect(readClickQuery(raw).subs).toEqual(subs);
  });

  it.each(['external_id', 'click_id', 'clickid', 'aff_click_id', 'subid', 'cid'])(
    'takes %s for the traffic source’s own id',
    (name) => {
      expect(readClickQuery(`${name}=T-1`).externalId).toBe('T-1');
    },
  );

  it('prefers our own name when several carry an id', () => {
    expect(readClickQuery('cid=c&clickid=b&external_id=a').externalId).toBe('a');
  });

  it.each([
    '{clickid}',
    '%7Bclickid%7D',
    '%257Bclickid%257D',
    '{{click.id}}',
    '[CLICK_ID]',
    '[click_id]',
    '$%7BSUBID%7D',
    '__CLICKID__',
    '##CLICK_ID##',
    '%25subid%25',
  ])('drops the unresolved macro %s', (value) => {
    const query = readClickQuery(
      `click_id=${value.replaceAll('#', '%23')}&sub1=${value.replaceAll('#', '%23')}`,
    );
    expect(query.externalId).toBeNull();
    expect(query.subs).toEqual({});
  });

  it('lets an alias step in for a placeholder that was never filled in', () => {
    expect(readClickQuery('click_id={clickid}&cid=42').externalId).toBe('42');
  });

  it.each(['a_b__c', '{not a macro}', '100%', '[1]', 'x{y', '{"a":1}', 'aaAA__BB__cc'])(
    'keeps %s, which is none',
    (value) => {
      expect(readClickQuery(`sub1=${encodeURIComponent(value)}`).subs).toEqual({ sub1: value });
    },
  );

  it.each([
    ['sub1=a?sub2=b', { sub1: 'a', sub2: 'b' }],
    ['sub1=a?sub2=b&sub3=c', { sub1: 'a', sub2: 'b', sub3: 'c' }],
    ['sub1=why?', { sub1: 'why?' }],
    ['sub1=https://x.example/?y=1&sub2=b', { sub1: 'https://x.example/?y=1', sub2: 'b' }],
  ])('repairs the second question mark of %s', (raw, subs) => {
    expect(readClickQuery(raw).subs).toEqual(subs);
  });

  it('cuts a value at the stated length without halving a character', () => {
    const value = `${'x'.repeat(MAX_CLICK_VALUE_LENGTH - 1)}😀`;
    expect(readClickQuery(`sub1=${encodeURIComponent(value)}`).subs.sub1).toBe(
      'x'.repeat(MAX_CLICK_VALUE_LENGTH - 1),
    );
  });

  it('takes control characters out, because Postgres cannot store NUL', () => {
    expect(readClickQuery('sub1=a%00b%0D%0Ac&sub2=%00').subs).toEqual({ sub1: 'abc' });
  });

  it('survives percent signs that encode nothing', () => {
    expect(readClickQuery('sub1=%E0%A4%A&sub2=%zz').subs.sub2).toBe('%zz');
  });

  it('is not fooled by names of a prototype', () => {
    expect(readClickQuery('__proto__=x&constructor=y&utm___proto__=z').adIds).toEqual({});
  });

  it.each([
    ['', true],
    ['p=ALPHA&sub1=a&sub20=b&gclid=x&utm_source=google&external_id=7&test=1', true],
    ['sub1=%C3%A9+%26', true],
    ['s1=a', false],
    ['GCLID=x', false],
    ['gclid=x&GCLID=y', false],
    ['sub1=a&sub1=b', false],
    ['sub1={click_id}', false],
    ['sub1=', false],
    ['sub1=a%00b', false],
    [`sub1=${'a'.repeat(MAX_CLICK_VALUE_LENGTH + 1)}`, false],
    ['sub1=a?sub2=b', false],
    ['foo=bar', false],
    ['constructor=x', false],
  ])('%p says what its fields hold: %p', (raw, isWhole) => {
    expect(readClickQuery(raw).isWhole).toBe(isWhole);
  });
});
