import { mintId } from '../../db/mint-id';
import { readVisitorCookie } from './visitor-cookie';

const VISITOR = mintId('vis', Date.UTC(2026, 2, 1));

describe('readVisitorCookie', () => {
  it.each([
    [`cc_vid=${VISITOR}`, VISITOR],
    [`a=1; cc_vid=${VISITOR}; b=2`, VISITOR],
    [`a=1;cc_vid=${VISITOR} ;b=2`, VISITOR],
    [`cc_vid=; cc_vid=nobody; cc_vid=${VISITOR}`, VISITOR],
    [`xcc_vid=${VISITOR}`, null],
    [`a=cc_vid=${VISITOR}`, null],
    [`cc_vid=${VISITOR}0`, null],
    [`CC_VID=${VISITOR}`, null],
    ['cc_vid', null],
    ['', null],
    [undefined, null],
  ])('%s', (header, expected) => {
    expect(readVisitorCookie(header)).toBe(expected);
  });

  it('takes apart nothing but its own cookie, however many a browser sends', () => {
    const cut = jest.spyOn(String.prototype, 'slice');
    const split = jest.spyOn(String.prototype, 'split');
    readVisitorCookie(`${'a=1;'.repeat(4_000)}cc_vid=${VISITOR}`);
    const calls = cut.mock.calls.length + split.mock.calls.length;
    jest.restoreAllMocks();
    expect(calls).toBeLessThan(5);
  });
});
