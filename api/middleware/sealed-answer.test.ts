import { openAnswer, sealAnswer } from './sealed-answer';

describe('a sealed answer', () => {
  const answer = { status: 201, body: { key: 'ck_secret' } };

  it('opens with the key that sealed it, and shows nothing without', () => {
    const sealed = sealAnswer('ck_mine', answer);
    expect(openAnswer('ck_mine', sealed)).toEqual(answer);
    expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('secret');
  });

  it('opens neither with another key nor after a change', () => {
    const sealed = Buffer.from(sealAnswer('ck_mine', answer), 'base64');
    expect(() => openAnswer('ck_other', sealed.toString('base64'))).toThrow(/authenticate/);
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
    expect(() => openAnswer('ck_mine', sealed.toString('base64'))).toThrow(/authenticate/);
  });
});
