import { isUnresolvedMacro } from './unresolved-macro';

describe('isUnresolvedMacro', () => {
  it.each([
    '{clickid}',
    '{{x}}',
    '{{ click.id }}',
    '{click_id}-2',
    '$\u007bx}',
    '[CLICK_ID]',
    'a-[SUBID]',
    '[clickid]',
    '%7Bclickid%7D',
    '%5BCLICK_ID%5D',
    '__CLICKID__',
    '##CLICK_ID##',
    '#clickid#',
    '%clickid%',
    '<clickid>',
  ])('sees that %s was never filled in', (text) => {
    expect(isUnresolvedMacro(text)).toBe(true);
  });

  it.each([
    'clk_01h455vb4pex5vsknk084sn02q',
    '{3F2504E0-4F89-11D3-9A0C-0305E82C3301}',
    '{A02504E0-4F89-11D3-9A0C-0305E82C3301}',
    'player#42',
    '50%',
    '100%25',
    'a_b__c__d',
    'x__YZ__w',
    '[1]',
    '{}',
    '{1}',
    'a<b',
    'тест',
    '',
  ])('leaves %s alone', (text) => {
    expect(isUnresolvedMacro(text)).toBe(false);
  });
});
