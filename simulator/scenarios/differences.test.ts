import type { Seen } from './aspects';
import { counted, differences } from './differences';

const SEEN: Seen = {
  answers: ['registration: accepted', 'deposit: duplicate'],
  stage: ['converted'],
  verdicts: [],
  conversions: [],
  value: [],
  quarantine: [],
  balance: ['-40.00 EUR'],
  postbacks: ['registration: delivered', 'deposit: delivered'],
};

describe('differences', () => {
  it('are none where all is as stated, and what is not stated is not compared', () => {
    expect(differences(SEEN, SEEN)).toEqual([]);
    expect(differences({ balance: ['-40.00 EUR'] }, SEEN)).toEqual([]);
    expect(differences({}, SEEN)).toEqual([]);
  });

  it.each([
    ['another sentence', { balance: ['0.00 EUR'] }, 'balance: stated 0.00 EUR; seen -40.00 EUR'],
    [
      'one that is missing',
      { quarantine: ['deposit: unknown_click'] },
      'quarantine: stated deposit: unknown_click; seen none',
    ],
    ['one too many', { stage: [] }, 'stage: stated none; seen converted'],
    [
      'answers in another order',
      { answers: ['deposit: duplicate', 'registration: accepted'] },
      'answers: stated deposit: duplicate · registration: accepted; seen registration: accepted · deposit: duplicate',
    ],
  ])('name %s', (_name, expected, sentence) => {
    expect(differences(expected, SEEN)).toEqual([sentence]);
  });

  it('leave the order of postbacks alone, because they race', () => {
    expect(differences({ postbacks: SEEN.postbacks.toReversed() }, SEEN)).toEqual([]);
  });
});

describe('counted', () => {
  it('takes equal neighbours together', () => {
    expect(counted(['a', 'a', 'b', 'a'])).toEqual(['2 × a', 'b', 'a']);
    expect(counted([])).toEqual([]);
  });
});
