import { Webhook } from 'standardwebhooks';
import { DESTINATION_KINDS, type RenderedRequest, renderPostback } from '../../domain/postback/render';
import { generateSecret, verifyWebhook } from '../standard-webhooks';
import { adapterFor } from './index';

const nowMs = Math.floor(Date.now() / 1_000) * 1_000;
const secrets = [generateSecret(), generateSecret()];
const attempt = { postbackId: 'pbk_1', key: 'wsp_1:dst_1:first_deposit:tx 1/ü%', secrets, nowMs };
const stored: Record<(typeof DESTINATION_KINDS)[number], RenderedRequest> = {
  partner_url: renderPostback(
    { kind: 'partner_url', url: 'https://t.example/?c={click_id}', method: 'GET' },
    { event: 'first_deposit', occurredAtMs: 0, clickId: 'clk_1' },
  ),
  webhook: renderPostback(
    { kind: 'webhook', url: 'https://hook.example/', method: 'POST' },
    { event: 'first_deposit', occurredAtMs: 0, clickId: 'clk_1', externalId: 'ü' },
  ),
};

describe.each(DESTINATION_KINDS)('%s', (kind) => {
  it('changes nothing of the stored request but its headers', async () => {
    const prepared = await adapterFor(kind).prepare(stored[kind], attempt);
    expect(adapterFor(kind).kind).toBe(kind);
    expect({ ...prepared, headers: {} }).toEqual({ ...stored[kind], headers: {} });
    expect(prepared.headers).toMatchObject(stored[kind].headers);
  });

  it('carries the business key, the same and printable on every attempt', async () => {
    const later = { ...attempt, nowMs: nowMs + 86_400_000 };
    for (const context of [attempt, later]) {
      const { headers } = await adapterFor(kind).prepare(stored[kind], context);
      expect(headers['idempotency-key']).toBe('wsp_1:dst_1:first_deposit:tx%201/%C3%BC%25');
    }
  });
});

describe('webhook', () => {
  it('signs each attempt with its own time under one id, for every secret', async () => {
    const first = await adapterFor('webhook').prepare(stored.webhook, attempt);
    const second = await adapterFor('webhook').prepare(stored.webhook, { ...attempt, nowMs: nowMs + 60_000 });
    expect(first.headers['webhook-id']).toBe('pbk_1');
    expect(second.headers['webhook-id']).toBe('pbk_1');
    expect(second.headers['webhook-signature']).not.toBe(first.headers['webhook-signature']);
    for (const secret of secrets) {
      const body = first.body ?? '';
      expect(verifyWebhook({ secrets: [secret], headers: first.headers, body, nowMs })).toMatchObject({
        ok: true,
      });
      expect(new Webhook(secret).verify(body, { ...first.headers })).toMatchObject({ type: 'first_deposit' });
    }
  });

  it('is not sent unsigned', async () => {
    const unsigned = adapterFor('webhook').prepare(stored.webhook, { ...attempt, secrets: [] });
    await expect(unsigned).rejects.toThrow('without a secret');
  });
});

describe('partner_url', () => {
  it('signs nothing and shows no secret', async () => {
    const { headers } = await adapterFor('partner_url').prepare(stored.partner_url, attempt);
    expect(Object.keys(headers)).toEqual(['idempotency-key']);
  });
});
