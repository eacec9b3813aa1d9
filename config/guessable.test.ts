import { isGuessable } from './guessable';

describe('isGuessable', () => {
  it.each([
    ...[
      '',
      'postgres',
      'Postgres123',
      'password',
      'PASSWORD!',
      'secret-secret-secret',
      'changeme',
      'change-me-please',
    ],
    ...[
      'admin',
      'root',
      'ck_changeme',
      'your-secret-key-here-0000',
      'clickchain',
      'clickchain_dev_2024',
      '12345678',
    ],
    ...['aaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'ababababababababababababab', '000000000000000000000000'],
  ])('%j: everybody tries it', (secret) => {
    expect(isGuessable(secret)).toBe(true);
  });

  it.each([
    'b1946ac92492d2347c6235b4',
    'ck_PHNVvsCqWVzmZnFVHJalh6-l5FWcnHewI1gdBYHmaCg',
    'correct-horse-battery-staple',
    'I7issbaC0x8AfVI0Cj9G53pqsSeiL-Q7',
    '591785794601220261202259',
  ])('%j: nobody does', (secret) => {
    expect(isGuessable(secret)).toBe(false);
  });
});
