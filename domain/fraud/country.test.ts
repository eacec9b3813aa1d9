import { isPlaceAllowed, parseCountry, parseRegion } from './country';

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

describe('parseRegion', () => {
  it.each([
    ['NJ', 'US', 'NJ'],
    [' nj ', 'US', 'NJ'],
    ['US-NJ', 'US', 'NJ'],
    ['us-nj', 'US', 'NJ'],
    ['UK-ENG', 'GB', 'ENG'],
    ['75', 'FR', '75'],
    // A name is no code, and a region of another country contradicts itself.
    ['New Jersey', 'US', null],
    ['Bavaria', 'DE', null],
    ['US-NJ', 'DE', null],
    ['US-', 'US', null],
    ['', 'US', null],
  ])('%p in %s is %p', (text, country, expected) => {
    expect(parseRegion(text, country)).toBe(expected);
  });
});

describe('isPlaceAllowed', () => {
  const some = ['DE', 'US-NJ', 'US-PA'];
  it.each([
    // [list, country, region, with allow, with deny]
    ['a country of the list', some, 'DE', null, true, false],
    ['any region of a country of the list', some, 'DE', 'BY', true, false],
    ['another country', some, 'FR', null, false, true],
    ['a region of the list', some, 'US', 'NJ', true, false],
    ['another region of its country', some, 'US', 'NY', false, true],
    // It may be a region of the list or none: nobody is held to what he may not have done.
    ['a country with regions on the list, the region unknown', some, 'US', null, true, true],
    ['the same code in another country', some, 'CA', 'PA', false, true],
    ['a country listed with one of its regions', ['US', 'US-NJ'], 'US', 'NY', true, false],
    ['the same, the region unknown', ['US', 'US-NJ'], 'US', null, true, false],
  ])('%s', (_name, list, country, region, allowed, notDenied) => {
    expect(isPlaceAllowed({ mode: 'allow', list }, { country, region })).toBe(allowed);
    expect(isPlaceAllowed({ mode: 'deny', list }, { country, region })).toBe(notDenied);
  });
});
