import { scenarioTagsSql } from '../../db/read-models/scenario-cover';
import { uuidFromId } from '../../domain/ids';
import { coversDay } from '../../domain/scenario/scenario';
import { type ReadsFixture, startReads } from '../../testing/reads-fixture';
import { openValueBench, type ValueBench } from '../../testing/value-bench';

let reads: ReadsFixture;
beforeAll(async () => {
  reads = await startReads();
});
afterAll(() => reads.stop());

let value: ValueBench;
beforeEach(async () => {
  value = await openValueBench(reads);
});

const WEEKENDS = {
  name: 'Weekend Traffic Optimization',
  kind: 'weekend',
  tag: 'weekend',
  from: '2026-01-01',
  to: null,
  recurrence: 'weekends',
  timeZone: 'Europe/Berlin',
};
const make = (given: object = {}) => value.admin.post('/v1/scenarios', { ...WEEKENDS, ...given });

/** The tags that a moment has, as any read model can ask for them. */
async function tagsAt(at: string, workspaceId = value.bench.tenant.workspaceId): Promise<string[]> {
  const { rows } = await reads.db.raw<{ rows: { tags: string[] }[] }>(
    `SELECT ${scenarioTagsSql({ workspace: 'q.workspace', at: 'q.at' })} AS tags
     FROM (SELECT CAST(? AS uuid) AS workspace, CAST(? AS timestamptz) AS at) AS q`,
    [uuidFromId(workspaceId), at],
  );
  return rows[0]?.tags ?? [];
}

describe('the tags of a moment', () => {
  it.each([
    // Winter time: midnight of Berlin is 23:00Z.
    ['the last of a Friday', '2026-11-20T22:59:59.999Z', false],
    ['the first of a Saturday', '2026-11-20T23:00:00Z', true],
    ['the last of a Sunday', '2026-11-22T22:59:59.999Z', true],
    ['the first of a Monday', '2026-11-22T23:00:00Z', false],
    // Summer time: it is 22:00Z.
    ['the first of a Saturday in summer', '2026-07-03T22:00:00Z', true],
    ['the moment before it', '2026-07-03T21:59:59.999Z', false],
    // Clocks go forward on Sunday 29 March: it begins at 23:00Z and ends at 22:00Z.
    ['the first of the short Sunday’s weekend', '2026-03-27T23:00:00Z', true],
    ['the last of the short Sunday', '2026-03-29T21:59:59.999Z', true],
    ['the Monday after it', '2026-03-29T22:00:00Z', false],
    // Clocks go back on Sunday 25 October: it begins at 22:00Z and ends at 23:00Z.
    ['the last of the long Sunday, an hour later', '2026-10-25T22:59:59.999Z', true],
    ['the Monday after it', '2026-10-25T23:00:00Z', false],
  ])('%s: %s', async (_what, at, isCovered) => {
    await make().expect(201);
    expect(await tagsAt(at)).toEqual(isCovered ? ['weekend'] : []);
  });

  it.each([
    ['2026-03-08T04:59:59Z', []],
    ['2026-03-08T05:00:00Z', ['day']],
    ['2026-03-09T03:59:59Z', ['day']],
    ['2026-03-09T04:00:00Z', []],
  ])('follow the clocks of another country, %s', async (at, expected) => {
    const day = { tag: 'day', from: '2026-03-08', to: '2026-03-08', recurrence: null };
    await make({ ...day, timeZone: 'America/New_York' }).expect(201);
    expect(await tagsAt(at)).toEqual(expected);
  });

  it('are those of every scenario that covers it, each once, in order', async () => {
    await make().expect(201);
    await make({ tag: 'autumn', recurrence: null, from: '2026-09-01', to: '2026-11-30' }).expect(201);
    await make({ tag: 'autumn', name: 'again', recurrence: undefined }).expect(201);
    expect(await tagsAt('2026-11-21T12:00:00Z')).toEqual(['autumn', 'weekend']);
    expect(await tagsAt('2026-11-23T12:00:00Z')).toEqual(['autumn']);
  });

  it('change for the past when a scenario is described later, corrected or ended', async () => {
    expect(await tagsAt('2026-11-21T12:00:00Z')).toEqual([]);
    const { body } = await make().expect(201);
    expect(await tagsAt('2026-11-21T12:00:00Z')).toEqual(['weekend']);
    const path = `/v1/scenarios/${body.scenarioId}`;
    await value.admin.patch(path, { tag: 'renamed' }).expect(200);
    expect(await tagsAt('2026-11-21T12:00:00Z')).toEqual(['renamed']);
    await value.admin.patch(path, { to: '2026-11-20' }).expect(200);
    expect(await tagsAt('2026-11-21T12:00:00Z')).toEqual([]);
  });

  it('are those of the own workspace', async () => {
    await make().expect(201);
    expect(await tagsAt('2026-11-21T12:00:00Z', reads.stranger.workspaceId)).toEqual([]);
  });

  it('agree with the domain on every day of two years', async () => {
    await make({ from: '2026-02-10', to: '2027-08-15', timeZone: 'Asia/Tokyo' }).expect(201);
    const { rows } = await reads.db.raw<{ rows: { day: string; tags: string[] }[] }>(
      `SELECT d::date AS day, ${scenarioTagsSql({ workspace: 'CAST(:workspace AS uuid)', at: `(d::date::timestamp + interval '12 hours') AT TIME ZONE 'Asia/Tokyo'` })} AS tags
       FROM generate_series(date '2026-01-01', date '2027-12-31', interval '1 day') AS d`,
      { workspace: uuidFromId(value.bench.tenant.workspaceId) },
    );
    const days = { fromDay: '2026-02-10', toDay: '2027-08-15', weekdays: [6, 7] };
    expect(rows).toHaveLength(730);
    for (const { day, tags } of rows) expect([day, tags.length > 0]).toEqual([day, coversDay(days, day)]);
  });
});

describe('/v1/scenarios', () => {
  it('makes, shows, lists and changes', async () => {
    const { body, headers } = await make().expect(201);
    expect(body).toMatchObject({ from: '2026-01-01', to: null, weekdays: [6, 7], tag: 'weekend' });
    expect(headers.location).toBe(`/v1/scenarios/${body.scenarioId}`);
    expect((await value.admin.get(`/v1/scenarios/${body.scenarioId}`)).body).toEqual(body);
    expect((await value.admin.get('/v1/scenarios')).body.data).toEqual([body]);
    const changed = await value.admin.patch(`/v1/scenarios/${body.scenarioId}`, { recurrence: [7, 1, 7] });
    expect(changed.body).toEqual({ ...body, weekdays: [1, 7] });
    const audited = await reads
      .db('audit')
      .where({ workspace_id: uuidFromId(value.bench.tenant.workspaceId) })
      .orderBy('action');
    expect(audited).toMatchObject([
      { action: 'scenario.changed', detail: { before: { weekdays: [6, 7] }, after: { weekdays: [1, 7] } } },
      { action: 'scenario.created' },
    ]);
  });

  it('offers the named ones as templates that can be posted', async () => {
    const { body } = await value.admin.get('/v1/scenario-templates').expect(200);
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual([
      'Weekend Traffic Optimization',
      'Holiday Campaign Testing',
      'Algorithm Performance Monitoring',
    ]);
    for (const { description: _, ...template } of body.data) {
      const days = { from: '2026-12-01', to: '2026-12-31', timeZone: 'Asia/Tokyo' };
      await value.admin.post('/v1/scenarios', { ...template, ...days }).expect(201);
    }
  });

  it.each([
    ['a day that is none', { from: '2026-02-29' }, 'from'],
    ['an end before the beginning', { to: '2025-12-31' }, 'to'],
    ['a zone that is none', { timeZone: 'Europe/Bonn' }, 'timeZone'],
    ['an abbreviation that hides an offset', { timeZone: 'ABC+3' }, 'timeZone'],
    ['an eighth weekday', { recurrence: [8] }, 'recurrence'],
    ['no weekday', { recurrence: [] }, 'recurrence'],
    ['another recurrence', { recurrence: 'fortnights' }, 'recurrence'],
    ['another kind', { kind: 'mood' }, 'kind'],
    ['a tag with blanks', { tag: 'my tag' }, 'tag'],
  ])('refuses %s', async (_what, given, path) => {
    const { body, status } = await make(given);
    expect(status).toBe(400);
    expect(body.errors.map((problem: { path: string }) => problem.path.split('.')[0])).toContain(path);
    expect((await value.admin.get('/v1/scenarios')).body.data).toEqual([]);
  });

  it('refuses a change that leaves no day, and shows nobody else’s', async () => {
    const { body } = await make().expect(201);
    const path = `/v1/scenarios/${body.scenarioId}`;
    expect((await value.admin.patch(path, { to: '2025-01-01' })).status).toBe(400);
    expect((await value.admin.patch(path, {})).status).toBe(400);
    expect((await value.admin.patch(path, { timeZone: 'Mars/Olympus' })).status).toBe(400);
    expect((await reads.stranger.get(path)).status).toBe(404);
    expect((await reads.stranger.get('/v1/scenarios')).body.data).toEqual([]);
  });
});
