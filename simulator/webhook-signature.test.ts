import { Webhook } from 'standardwebhooks';
import { isSignedWith, signatureHeaders } from './webhook-signature';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('signatures of messages', () => {
  it('matches the published example', () => {
    const headers = signatureHeaders({
      secret,
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      nowMs: 1_614_265_330_000,
      body: '{"test": 2432232314}',
    });
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('is accepted by the reference implementation', () => {
    const headers = signatureHeaders({ secret, id: 'msg_1', nowMs: Date.now(), body: '{"a":1}' });
    expect(new Webhook(secret).verify('{"a":1}', headers)).toEqual({ a: 1 });
  });

  it('accepts the right one of two signatures and nothing that was changed', () => {
    const headers = signatureHeaders({ secret, id: 'msg_1', nowMs: 0, body: 'x' });
    const rotated = { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature'] ?? ''}` };
    expect(isSignedWith(secret, rotated, 'x')).toBe(true);
    expect(isSignedWith(secret, headers, 'y')).toBe(false);
    expect(isSignedWith('whsec_b3RoZXI=', headers, 'x')).toBe(false);
    expect(isSignedWith(secret, {}, 'x')).toBe(false);
  });
});
