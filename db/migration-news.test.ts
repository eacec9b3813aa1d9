import { type MigrationNews, newsLine } from './migration-news';

const progress = {
  ...{ step: null, statement: 'CREATE INDEX CONCURRENTLY "x"', sinceMs: 61_400 },
  ...{ phase: null, share: null, blockedBy: [] },
};

test.each<[MigrationNews, string]>([
  [{ what: 'waits_for_turn' }, 'Another process migrates this database; waiting for it.'],
  [{ what: 'begun', migration: '030_x' }, '030_x: begins'],
  [{ what: 'under_way', migration: '030_x', progress }, '030_x: CREATE INDEX CONCURRENTLY "x", for 61 s'],
  [
    {
      ...{ what: 'under_way', migration: '030_x' },
      progress: {
        ...progress,
        ...{
          step: 'index x of clicks_2026_01, 1 of 3',
          phase: 'building index: scanning table',
          share: 0.4567,
        },
        blockedBy: ['pid 7 (psql, idle in transaction)'],
      },
    },
    '030_x: index x of clicks_2026_01, 1 of 3, CREATE INDEX CONCURRENTLY "x", for 61 s, building index: scanning table 45 %, waits for pid 7 (psql, idle in transaction)',
  ],
  [
    { what: 'lock_not_had', migration: '030_x', attempt: 2, pauseMs: 1500, blockedBy: [] },
    '030_x: a lock is held by somebody; attempt 2 taken back, again in 1500 ms',
  ],
  [{ what: 'done', migration: '030_x', tookMs: 2_600 }, '030_x: done after 3 s'],
])('what a migrator says, in a line: %j', (news, line) => {
  expect(newsLine(news)).toBe(line);
});
