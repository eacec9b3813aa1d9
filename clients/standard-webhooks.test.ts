import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { generateSecret, signWebhook, type VerifyInput, verifyWebhook } from './standard-webhooks';

/** The known answer that the specification's libraries share. */
const known = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  seconds: 1_614_265_330,
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const other = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX';
const headers = {
  'webhook-id': known.id,
  'webhook-timestamp': String(known.seconds),
  'webhook-signature': known.signature,
};

function verify(changes: Partial<Omit<VerifyInput, 'headers'>> & { headers?: VerifyInput['headers'] } = {}) {
  return verifyWebhook({
    secrets: [known.secret],
    body: known.body,
    nowMs: known.seconds * 1_000,
    ...changes,
    headers: { ...headers, ...changes.headers },
  });
}

describe('signWebhook', () => {
  it('gives the known answer', () => {
    const { secret, id, seconds, body, signature } = known;
    expect(signWebhook({ secrets: [secret], id, timestampSeconds: seconds, body })).toBe(signature);
    expect(signWebhook({ secrets: [secret], id, timestampSeconds: seconds, body: Buffer.from(body) })).toBe(
      signature,
    );
  });

  it('signs once per secret during a rotation', () => {
    const signed = signWebhook({
      secrets: [other, known.secret],
      id: known.id,
      timestampSeconds: known.seconds,
      body: known.body,
    });
    expect(signed.split(' ')).toEqual([expect.stringMatching(/^v1,/), known.signature]);
  });

  it.each([
    [],
    ['whsec_'],
    ['MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    ['whsec_not base64 at all, but long enough'],
    ['whsec_c2hvcnQ='],
  ])('does not sign with %j, and does not show it', (...secrets) => {
    const sign = () => signWebhook({ secrets, id: 'a', timestampSeconds: 1, body: '' });
    expect(sign).toThrow(/secret/);
    expect(sign).not.toThrow(/c2hvcnQ|not base64 at all/);
  });

  it('does not sign an id with a full stop', () => {
    expect(() => signWebhook({ secrets: [other], id: 'a.b', timestampSeconds: 1, body: '' })).toThrow(
      'full stop',
    );
  });
});

describe('verifyWebhook', () => {
  const accepted = { ok: true, id: known.id, timestampMs: known.seconds * 1_000 };
  const refused = (problem: string) => ({ ok: false, problem });

  it.each([
    ['the known answer', {}],
    ['300 s old', { nowMs: (known.seconds + 300) * 1_000 }],
    ['300 s ahead', { nowMs: (known.seconds - 300) * 1_000 }],
    ['bytes', { body: Buffer.from(known.body) }],
    ['the older of two secrets', { secrets: [other, known.secret] }],
    [
      'the second of two signatures',
      { headers: { 'webhook-signature': `v1,${'A'.repeat(43)}= ${known.signature}` } },
    ],
    [
      'a signature beside an unknown version',
      { headers: { 'webhook-signature': `v1a,AAAA ${known.signature}` } },
    ],
  ])('accepts %s', (_name, changes) => {
    expect(verify(changes)).toEqual(accepted);
  });

  it.each([
    ['301 s old', { nowMs: (known.seconds + 301) * 1_000 }, 'stale_timestamp'],
    ['301 s ahead', { nowMs: (known.seconds - 301) * 1_000 }, 'stale_timestamp'],
    ['no id', { headers: { 'webhook-id': undefined } }, 'missing_header'],
    ['an empty id', { headers: { 'webhook-id': '' } }, 'missing_header'],
    ['no timestamp', { headers: { 'webhook-timestamp': undefined } }, 'missing_header'],
    ['no signature', { headers: { 'webhook-signature': undefined } }, 'missing_header'],
    ['a doubled header', { headers: { 'webhook-id': [known.id, known.id] } }, 'malformed_header'],
    ['an id with a full stop', { headers: { 'webhook-id': 'a.b' } }, 'malformed_header'],
    [
      'a timestamp that is no number',
      { headers: { 'webhook-timestamp': '1614265330x' } },
      'malformed_header',
    ],
    ['a timestamp in scientific notation', { headers: { 'webhook-timestamp': '1.6e9' } }, 'malformed_header'],
    [
      'a timestamp in another notation',
      { headers: { 'webhook-timestamp': `0${known.seconds}` } },
      'bad_signature',
    ],
    ['a moved timestamp', { headers: { 'webhook-timestamp': String(known.seconds + 1) } }, 'bad_signature'],
    ['another id', { headers: { 'webhook-id': 'msg_other' } }, 'bad_signature'],
    [
      'a wrong version',
      { headers: { 'webhook-signature': known.signature.replace('v1', 'v2') } },
      'bad_signature',
    ],
    [
      'a version with a suffix',
      { headers: { 'webhook-signature': known.signature.replace('v1', 'v1a') } },
      'bad_signature',
    ],
    [
      'a signature without version',
      { headers: { 'webhook-signature': known.signature.slice(3) } },
      'bad_signature',
    ],
    ['a short signature', { headers: { 'webhook-signature': 'v1,AAAA' } }, 'bad_signature'],
    ['an empty signature', { headers: { 'webhook-signature': 'v1,' } }, 'bad_signature'],
    [
      'a signature in base64url',
      { headers: { 'webhook-signature': known.signature.replace('+', '-') } },
      'bad_signature',
    ],
    [
      'the right one behind a flood',
      { headers: { 'webhook-signature': `${'v1,AAAA '.repeat(16)}${known.signature}` } },
      'bad_signature',
    ],
    ['altered whitespace', { body: '{"test":2432232314}' }, 'bad_signature'],
    ['another secret', { secrets: [other] }, 'bad_signature'],
    ['no secret', { secrets: [] }, 'bad_signature'],
  ])('refuses %s', (_name, changes, problem) => {
    expect(verify(changes)).toEqual(refused(problem));
  });
});

describe('generateSecret', () => {
  it.each([24, 32, 64])('makes %i random bytes', (bytes) => {
    const secret = generateSecret(bytes);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]+=*$/);
    expect(Buffer.from(secret.slice(6), 'base64')).toHaveLength(bytes);
    expect(generateSecret(bytes)).not.toBe(secret);
  });

  it.each([23, 65, 24.5, Number.NaN])('refuses %d bytes', (bytes) => {
    expect(() => generateSecret(bytes)).toThrow(RangeError);
  });
});

describe('against the reference library', () => {
  // Its clock cannot be injected, so these run at the present time.
  const nowMs = Math.floor(Date.now() / 1_000) * 1_000;
  const ids = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);
  const bodies = fc.oneof(fc.json(), fc.string({ unit: 'grapheme' }));

  it('what we sign is verified there', () => {
    fc.assert(
      fc.property(ids, bodies, (id, body) => {
        const secret = generateSecret();
        const signature = signWebhook({
          secrets: [other, secret],
          id,
          timestampSeconds: nowMs / 1_000,
          body,
        });
        const signed = {
          'webhook-id': id,
          'webhook-timestamp': String(nowMs / 1_000),
          'webhook-signature': signature,
        };
        expect(() => new Webhook(secret).verify(body, signed, { jsonParse: false })).not.toThrow();
        expect(() => new Webhook(generateSecret()).verify(body, signed, { jsonParse: false })).toThrow(
          'No matching signature',
        );
      }),
    );
  });

  it('what it signs is verified here, as text and as bytes', () => {
    fc.assert(
      fc.property(ids, bodies, (id, body) => {
        const secret = generateSecret();
        const signed = {
          'webhook-id': id,
          'webhook-timestamp': String(nowMs / 1_000),
          'webhook-signature': new Webhook(secret).sign(id, new Date(nowMs), body),
        };
        const input = { secrets: [other, secret], headers: signed, nowMs };
        expect(verifyWebhook({ ...input, body })).toMatchObject({ ok: true, id });
        expect(verifyWebhook({ ...input, body: Buffer.from(body) })).toMatchObject({ ok: true, id });
        expect(verifyWebhook({ ...input, body: `${body} ` })).toEqual({
          ok: false,
          problem: 'bad_signature',
        });
      }),
    );
  });
});
