import type { CampaignRow, CatalogCampaign, OfferRow } from '../../db/catalog';
import { idFromUuid } from '../../domain/ids';
import { CatalogEntries } from './catalog-entries';

const uuid = (n: number) => `018f0000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const workspace = idFromUuid('wsp', uuid(1));
const other = idFromUuid('wsp', uuid(2));

const offer = (n: number, landing = `https://${n}.example/`): OfferRow => ({
  ...{ offer_id: uuid(n), landing_url: landing, fallback_url: null },
});
const campaign = (n: number, changes: Partial<CampaignRow> = {}): CampaignRow => ({
  ...{ campaign_id: uuid(n), slug: `slug-${n}`, workspace_id: uuid(1), version: 1, offer_id: uuid(1) },
  ...{ has_short_link: true, partner_id: null, click_window_days: 30, on_outage: 'refuse', status: 'active' },
  ...changes,
});
const partner = (n: number, code: string, workspaceId = uuid(1)) => ({
  ...{ partner_id: uuid(n), workspace_id: workspaceId, code },
});

const none = { campaigns: [], offers: [], partners: [] };
let made: string[];
let entries: CatalogEntries;

beforeEach(() => {
  made = [];
  entries = new CatalogEntries((row, { landing_url: landingUrl }): CatalogCampaign => {
    made.push(row.slug);
    return {
      ...{ slug: row.slug, workspaceId: workspace, campaignId: idFromUuid('cmp', row.campaign_id) },
      ...{ version: row.version, offerId: idFromUuid('off', row.offer_id), landingUrl, fallbackUrl: null },
      ...{ partnerId: null, clickWindowDays: 30, onOutage: 'refuse', status: 'active' },
    };
  });
});

describe('campaigns', () => {
  it('are made at their first click and kept until they change, one among many', () => {
    const all = Array.from({ length: 1_000 }, (_, n) => campaign(n));
    entries.put({ ...none, offers: [offer(1)], campaigns: all });
    expect(made).toEqual([]);
    const [first, second] = [entries.findCampaign('slug-1'), entries.findCampaign('slug-2')];
    entries.findCampaign('slug-1');
    expect(made).toEqual(['slug-1', 'slug-2']);
    entries.put({ ...none, campaigns: [campaign(2, { version: 2 })] });
    expect(entries.findCampaign('slug-1')).toBe(first);
    expect(entries.findCampaign('slug-2')).not.toBe(second);
    expect(entries.findCampaign('slug-2')?.version).toBe(2);
    expect(made).toEqual(['slug-1', 'slug-2', 'slug-2']);
  });

  it('follow their offer, which is one row however many lead to it', () => {
    const all = [campaign(1), campaign(2, { offer_id: uuid(2) })];
    entries.put({ ...none, offers: [offer(1), offer(2)], campaigns: all });
    const untouched = entries.findCampaign('slug-2');
    expect(entries.findCampaign('slug-1')?.landingUrl).toBe('https://1.example/');
    entries.put({ ...none, offers: [offer(1, 'https://new.example/')] });
    expect(entries.findCampaign('slug-1')?.landingUrl).toBe('https://new.example/');
    expect(entries.findCampaign('slug-2')).toBe(untouched);
    expect(made).toEqual(['slug-2', 'slug-1', 'slug-1']);
  });

  it('are known by their slug and by nothing else', () => {
    expect(entries.findCampaign('__proto__')).toBeNull();
    expect(entries.findCampaign('slug-1')).toBeNull();
  });
});

describe('partners', () => {
  it('are known by their code, in their workspace', () => {
    entries.put({ ...none, partners: [partner(5, 'five'), partner(6, 'five', uuid(2))] });
    expect(entries.findPartner(workspace, 'five')).toBe(idFromUuid('ptn', uuid(5)));
    expect(entries.findPartner(other, 'five')).toBe(idFromUuid('ptn', uuid(6)));
    expect(entries.findPartner(workspace, 'six')).toBeNull();
  });

  it.each([
    ['first', [partner(5, 'new'), partner(6, 'old')]],
    ['last', [partner(6, 'old'), partner(5, 'new')]],
  ])('give up their code, which another one takes, told %s', (_when, partners) => {
    entries.put({ ...none, partners: [partner(5, 'old'), partner(6, 'six')] });
    entries.put({ ...none, partners });
    expect(entries.findPartner(workspace, 'old')).toBe(idFromUuid('ptn', uuid(6)));
    expect(entries.findPartner(workspace, 'new')).toBe(idFromUuid('ptn', uuid(5)));
    expect(entries.findPartner(workspace, 'six')).toBeNull();
  });
});
