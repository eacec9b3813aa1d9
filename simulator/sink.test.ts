import { request } from 'undici';
import { type Sink, SinkPortTaken, startSink } from './sink';
import { signatureHeaders } from './webhook-signature';

const clickId = `clk_0${'a'.repeat(25)}`;
const other = `clk_0${'b'.repeat(25)}`;

describe('the loopback destinations', () => {
  let sink: Sink;
  beforeEach(async () => {
    sink = await startSink({ port: 0, runId: 'run1' });
  });
  afterEach(() => sink.close());

  const get = async (path: string, key: string): Promise<number> => {
    const answer = await request(`${sink.baseUrl}${path}`, { headers: { 'idempotency-key': key } });
    await answer.body.dump();
    return answer.statusCode;
  };
  const post = async (path: string, body: string, headers: Record<string, string>): Promise<number> => {
    const answer = await request(`${sink.baseUrl}${path}`, { method: 'POST', body, headers });
    await answer.body.dump();
    return answer.statusCode;
  };

  it('accepts what nobody planned to refuse, and remembers it', async () => {
    expect(await get(`/partner_url/alpha?event=registration&click_id=${clickId}`, 'k1')).toBe(200);
    expect(sink.attempts).toMatchObject([
      { destination: 'partner_url', name: 'alpha', key: 'k1', clickId, event: 'registration', status: 200 },
    ]);
  });

  it('refuses the planned event of the planned click on every attempt, and no other', async () => {
    sink.plan(clickId, [
      { treatment: 'refuse', destination: 'partner_url', event: 'first_deposit', status: 404 },
    ]);
    const path = (event: string, click: string) => `/partner_url/alpha?event=${event}&click_id=${click}`;
    expect(await get(path('first_deposit', clickId), 'k1')).toBe(404);
    expect(await get(path('first_deposit', clickId), 'k1')).toBe(404);
    expect(await get(path('registration', clickId), 'k2')).toBe(200);
    expect(await get(path('first_deposit', other), 'k3')).toBe(200);
  });

  it('turns each planned postback away once, by its key', async () => {
    sink.plan(clickId, [{ treatment: 'fail_once', destination: 'webhook', event: null }]);
    const body = JSON.stringify({ type: 'registration', data: { clickId } });
    expect(await post('/webhook/open', body, { 'idempotency-key': 'k1' })).toBe(503);
    expect(await post('/webhook/open', body, { 'idempotency-key': 'k1' })).toBe(200);
    expect(await post('/webhook/open', body, { 'idempotency-key': 'k2' })).toBe(503);
  });

  it('undoes the percent-encoding of keys', async () => {
    await get('/partner_url/alpha?event=registration', 'wsp:dst:deposit:tx%201/%C3%BC%25');
    expect(sink.attempts.map(({ key }) => key)).toEqual(['wsp:dst:deposit:tx 1/ü%']);
  });

  it('reads the event from a form body too', async () => {
    await post('/partner_url/beta', `event=registration&click_id=${clickId}`, { 'idempotency-key': 'k1' });
    expect(sink.attempts).toMatchObject([{ event: 'registration', clickId }]);
  });

  it('checks signatures once it knows the secret', async () => {
    const secret = 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=';
    sink.trust('open', secret);
    await post('/webhook/open', '{}', signatureHeaders({ secret, id: 'k1', nowMs: 0, body: '{}' }));
    await post(
      '/webhook/open',
      '{"changed":1}',
      signatureHeaders({ secret, id: 'k2', nowMs: 0, body: '{}' }),
    );
    expect(sink.attempts.map(({ signature }) => signature)).toEqual(['valid', 'invalid']);
  });

  it('accepts postbacks of earlier runs without looking at them', async () => {
    const base = sink.baseUrl.replace('run1', 'run0');
    const answer = await request(`${base}/partner_url/alpha?event=registration&click_id=${clickId}`);
    await answer.body.dump();
    expect([answer.statusCode, sink.strangers, sink.attempts.length]).toEqual([200, 1, 0]);
  });

  it('says so when its port is taken', async () => {
    const port = Number(new URL(sink.baseUrl).port);
    await expect(startSink({ port, runId: 'run2' })).rejects.toThrow(SinkPortTaken);
  });
});
