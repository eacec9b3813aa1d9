import { addressBlock } from './address-block';

describe('addressBlock', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::ffff:1:2', '0:0:0:0::/64'],
    ['64:ff9b::a:b', '64:ff9b:0:0::/64'],
    ['2001:db8::3:4:5:6:7', '2001:db8:0:3::/64'],
    ['10.1.2.3', '10.1.2.3'],
  ])('counts %s as %s', (address, block) => {
    expect(addressBlock(address)).toBe(block);
  });

  it.each([['127.0.0.1'], ['127.8.8.8'], ['::1'], [null]])('counts %s as nobody', (address) => {
    expect(addressBlock(address)).toBeNull();
  });
});
