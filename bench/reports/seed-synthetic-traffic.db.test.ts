import { readOverview } from '../../db/read-models/overview';
import { writeResults } from '../../db/stores/result-store';
import { countTraffic } from '../../db/stores/traffic-store';
import { uuidFromId } from '../../domain/ids';
import { DAY_MS, toIso } from '../../domain/time';
import { insertCampaign, insertOffer } from '../../testing/builders/insert-campaign';
import { insertPartner } from '../../testing/builders/insert-partner';
import { type IngestFixture, startIngest } from '../../testing/ingest-fixture';
import { seedSyntheticTraffic } from './seed-synthetic-traffic';

let ingest: IngestFixture;
beforeAll(async () => {
  ingest = await startIngest();
});
afterAll(() => ingest.stop());

it('writes traffic that the overview counts like any other, also in parts', async () => {
  const { workspaceId } = ingest;
  const { db } = ingest.testDb;
  const partnerId = await insertPartner(db, { workspaceId, code: 'p' });
  const offerId = await insertOffer(db, { workspaceId, landingUrl: 'https://casino.example/' });
  const campaignId = await insertCampaign(db, { workspaceId, slug: 's', offerId, partnerId });
  const stages = [{ campaignId, offerId, partnerId }];
  const traffic = { workspaceUuid: uuidFromId(workspaceId), stages, days: 2 };
  await seedSyntheticTraffic(db, { ...traffic, clicks: 1_000, part: 0 });
  await seedSyntheticTraffic(db, { ...traffic, clicks: 500, part: 1 });
  while ((await writeResults(db)) > 0);
  while ((await countTraffic(db, Date.now())) !== null);

  const day = (ms: number): string => toIso(ms).slice(0, 10);
  const report = await readOverview(db, workspaceId, {
    ...{ fromDay: day(Date.now() - 3 * DAY_MS), toDay: day(Date.now() + DAY_MS) },
    ...{ timeZone: 'UTC', groupBy: 'device' },
  });
  expect(report.total).toMatchObject({
    clicks: 1_500n,
    registrationsPpm: 60_000_000n,
    depositsPpm: 15_000_000n,
  });
  expect([...report.total.deposits]).toEqual([['EUR', 75_000n]]);
  expect(report.groups.map(({ key }) => key)).toEqual(['desktop', 'mobile', 'tablet']);
});
