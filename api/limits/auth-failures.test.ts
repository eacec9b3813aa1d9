import { AuthFailures } from './auth-failures';

const T0 = Date.UTC(2026, 2, 1);
const ADDRESS = '203.0.113.9';

describe('AuthFailures', () => {
  it('makes strangers of an address wait that has failed too often, until the minute is over', () => {
    const failures = new AuthFailures(2);
    failures.failed(ADDRESS, T0);
    expect(failures.secondsToWait(ADDRESS, 'key', T0)).toBeNull();
    failures.failed(ADDRESS, T0);
    expect(failures.secondsToWait(ADDRESS, 'key', T0 + 10_000)).toBe(50);
    expect(failures.secondsToWait('203.0.113.10', 'key', T0)).toBeNull();
    expect(failures.secondsToWait(ADDRESS, 'key', T0 + 60_000)).toBeNull();
  });

  it('goes on letting in whoever was accepted before', () => {
    const failures = new AuthFailures(1);
    failures.accepted('casino');
    failures.failed(ADDRESS, T0);
    expect(failures.secondsToWait(ADDRESS, 'casino', T0)).toBeNull();
    expect(failures.secondsToWait(ADDRESS, 'stranger', T0)).not.toBeNull();
  });

  it('forgets the oldest of those it knows, so that they stay few', () => {
    const failures = new AuthFailures(1);
    failures.failed(ADDRESS, T0);
    for (let caller = 0; caller <= 10_000; caller += 1) failures.accepted(`caller-${caller}`);
    expect(failures.secondsToWait(ADDRESS, 'caller-0', T0)).not.toBeNull();
    expect(failures.secondsToWait(ADDRESS, 'caller-1', T0)).toBeNull();
  });

  it('counts nothing when there is no limit, and nobody on loopback', () => {
    const unlimited = new AuthFailures(0);
    const limited = new AuthFailures(1);
    for (let tries = 0; tries < 5; tries += 1) {
      unlimited.failed(ADDRESS, T0);
      limited.failed('127.0.0.1', T0);
    }
    expect(unlimited.secondsToWait(ADDRESS, 'key', T0)).toBeNull();
    expect(limited.secondsToWait('127.0.0.1', 'key', T0)).toBeNull();
  });
});
