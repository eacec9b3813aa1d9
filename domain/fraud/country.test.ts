import { parseCountry } from './country';

describe('parseCountry', () => {
  it.each([
    ['DE', 'DE'],
    [' de ', 'DE'],
    ['uk', 'GB'],
    ['Germany', null],
    ['D1', null],
    ['', null],
  ])('%p is %p', (text, expected) => {
    expect(parseCountry(text)).toBe(expected);
  });
});
