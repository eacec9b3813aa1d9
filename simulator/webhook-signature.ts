import { createHmac, timingSafeEqual } from 'node:crypto';

/** The three headers of a Standard Webhooks message, signed with `secret` (`whsec_` + base64). */
export function signatureHeaders(options: {
  secret: string;
  id: string;
  nowMs: number;
  body: string;
}): Record<string, string> {
  const timestamp = String(Math.floor(options.nowMs / 1_000));
  return {
    'webhook-id': options.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac(options.secret, options.id, timestamp, options.body)}`,
  };
}

/** Whether one of the message's signatures was made with `secret`. The age of the timestamp is not judged. */
export function isSignedWith(
  secret: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
): boolean {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => {
    const value = headers[name];
    return typeof value === 'string' ? value : '';
  });
  if (!id || !timestamp || !signatures) return false;
  const expected = Buffer.from(mac(secret, id, timestamp, body));
  return signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ''));
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

function mac(secret: string, id: string, timestamp: string, body: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
}
