import request from 'supertest';
import { createDb, type Db } from '../../db/knex';
import { mintId } from '../../db/mint-id';
import { uuidFromId, type VisitorId } from '../../domain/ids';
import { DAY_MS } from '../../domain/time';
import { insertCampaign } from '../../testing/builders/insert-campaign';
import { recordTestClick } from '../../testing/builders/record-test-click';
import { createEventSender, type EventSender } from '../../testing/event-sender';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';
import { createApp } from '../app';

let ingest: IngestFixture;
let sender: EventSender;
let db: Db;

beforeAll(async () => {
  ingest = await startIngest();
  db = ingest.testDb.db;
  sender = await createEventSender(ingest);
});
afterAll(() => ingest.stop());

const fetchPixel = (path: string, app = ingest.app) => request(app).get(path).responseType('blob');

function expectPixel(
  answer: { status: number; headers: Record<string, string>; body: Buffer },
  status = 200,
): void {
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('image/gif');
  expect(answer.headers['cache-control']).toContain('no-store');
  expect(answer.headers['cross-origin-resource-policy']).toBe('cross-origin');
  expect(answer.body).toHaveLength(43);
  expect(answer.body.subarray(0, 6).toString('latin1')).toBe('GIF89a');
  // Width and height, little-endian, and the trailer.
  expect([answer.body.readUInt16LE(6), answer.body.readUInt16LE(8), answer.body.at(-1)]).toEqual([
    1, 1, 0x3b,
  ]);
}

describe('GET /px/{event}.gif', () => {
  it.each(['install', 'lead', 'registration', 'signup', 'sale'])(
    'records a %s of its click, publicly',
    async (event) => {
      const clickId = await sender.newClick();
      expectPixel(await fetchPixel(`/px/${event}.gif?click_id=${clickId}&order_id=o-${event}`));
      expect(await db('events').where('click_id', uuidFromId(clickId)).first()).toMatchObject({
        kind: event === 'signup' ? 'registration' : event,
        trust: 'public',
        player_id: null,
        // What happens to a click once is known by the click, whatever else the page says.
        transaction_key: event === 'sale' ? '~public o-sale' : `~public ${clickId}`,
      });
    },
  );

  it('records one event however often the page is loaded', async () => {
    const clickId = await sender.newClick();
    for (let n = 0; n < 3; n += 1) expectPixel(await fetchPixel(`/px/lead.gif?cid=${clickId}`));
    expect(await db('events').where('click_id', uuidFromId(clickId))).toHaveLength(1);
  });

  it('takes the visitor’s latest open click when none is named', async () => {
    const campaignId = await insertCampaign(db, { workspaceId: ingest.workspaceId, slug: 'visited' });
    const visitorId: VisitorId = mintId('vis', ingest.clock.nowMs());
    const nowMs = ingest.clock.nowMs();
    const base = { workspaceId: ingest.workspaceId, campaignId, visitorId };
    await recordTestClick(db, { ...base, clickedAtMs: nowMs - 2 * DAY_MS });
    const latest = await recordTestClick(db, { ...base, clickedAtMs: nowMs - DAY_MS });
    await recordTestClick(db, { ...base, clickedAtMs: nowMs - 3, expiresAtMs: nowMs - 1 });
    const answer = await fetchPixel('/px/sale.gif?payout=3&currency=EUR').set(
      'cookie',
      `cc_vid=${visitorId}`,
    );
    expectPixel(answer);
    const [event] = await db('events').where('kind', 'sale').andWhere('click_id', uuidFromId(latest));
    expect(event).toMatchObject({ amount_minor: 300n });
  });

  it.each([
    ['a deposit', '/px/deposit.gif?player_id=P&txid=T&amount=1&currency=EUR&click_id='],
    ['a deposit with a key', '/px/deposit.gif?player_id=P&txid=T&amount=1&currency=EUR&key=KEY&click_id='],
    ['an unknown event', '/px/spin.gif?click_id='],
    ['a placeholder', '/px/lead.gif?click_id={click_id}&x='],
    ['no click', '/px/lead.gif?x='],
    ['garbage', '/px/lead.gif?%ff&click_id='],
  ])('%s: a picture, nothing recorded, and counted', async (_what, path) => {
    const before = await sender.countReceipts();
    const refused = async () =>
      (await ingest.deps.metrics.events.get()).values.find(({ labels }) => labels.outcome === 'refused')
        ?.value ?? 0;
    const refusedBefore = await refused();
    const url = `${path.replace('KEY', sender.source.key)}${await sender.newClick()}`;
    expectPixel(await fetchPixel(url));
    expect(await sender.countReceipts()).toBe(before);
    expect(await refused()).toBe(refusedBefore + 1);
  });

  it('HEAD is answered and records nothing', async () => {
    const before = await sender.countReceipts();
    const answer = await request(ingest.app).head(`/px/lead.gif?click_id=${await sender.newClick()}`);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/gif']);
    expect(await sender.countReceipts()).toBe(before);
  });

  it('while Postgres is away: still a picture, and 503', async () => {
    const away = createDb('postgres://nobody@127.0.0.1:1/none', { applicationName: 'away', poolMax: 1 });
    const answer = await fetchPixel(
      `/px/lead.gif?click_id=${mintId('clk', Date.now())}`,
      createApp({ ...ingest.deps, db: away }),
    );
    expectPixel(answer, 503);
    expect(answer.headers['retry-after']).toBeDefined();
    await away.destroy();
  });
});
