import { setTimeout as pause } from 'node:timers/promises';
import { migrate } from '../../db/migrate';
import { type MigrationNews, newsLine } from '../../db/migration-news';
import { spreadOf } from '../output/spread';
import { shown, spreadHeader, spreadRow, tableRow } from '../output/table';
import { atMost } from '../output/target';
import type { Findings, Section, SectionContext } from '../section';
import { withOldDatabase } from '../upgrade/old-database';
import { runTrafficBeside } from '../upgrade/traffic-beside';

const CLICKS = 20_000_000;
const QUICK_CLICKS = 5_000;
const BEFORE_MS = 15_000;
const QUICK_BEFORE_MS = 1_000;
/** The two seconds that a migration waits for a lock, and what a click takes beside it. */
const WANTED_STALL_MS = 2_500;

type Applied = { readonly name: string; readonly tookMs: number; readonly attempts: number };

/** Everything that came after schema 022 is applied while clicks are written: how long one of them waits at most. */
export const upgradeSection: Section = {
  name: 'upgrade',
  title: 'Migrations beside traffic',
  run: (context) => withOldDatabase(context.quick ? QUICK_CLICKS : CLICKS, (old) => measure(context, old)),
};

async function measure(
  { quick, output, signal }: SectionContext,
  old: Parameters<typeof runTrafficBeside>[0],
): Promise<Findings> {
  const news: MigrationNews[] = [];
  const tell = (said: MigrationNews): void => {
    news.push(said);
    output.line(`  ${newsLine(said)}`);
  };
  const traffic = runTrafficBeside(old);
  try {
    await pause(quick ? QUICK_BEFORE_MS : BEFORE_MS, undefined, { signal });
    const before = spreadOf(traffic.take());
    await migrate(old.url, Date.now(), { tell, signal });
    const beside = spreadOf(traffic.take());
    const applied = appliedOf(news);
    const refused = traffic.refused();
    return {
      lines: [
        spreadHeader(`ms beside ${shown(quick ? QUICK_CLICKS : CLICKS)} clicks`),
        spreadRow('before', before),
        spreadRow('while migrations are applied', beside),
        '',
        tableRow('migration', ['seconds', 'attempts']),
        ...applied.map(({ name, tookMs, attempts }) =>
          tableRow(name.slice(0, 33), [shown(tookMs / 1_000), shown(attempts)]),
        ),
      ],
      targets: [
        atMost(
          'longest wait of a click while migrations are applied, ms',
          WANTED_STALL_MS,
          beside?.max ?? null,
        ),
        atMost('clicks refused meanwhile', 0, refused),
      ],
      figures: { before, beside, refused, applied },
    };
  } finally {
    await traffic.stop();
  }
}

function appliedOf(news: readonly MigrationNews[]): Applied[] {
  return news.flatMap((said) => {
    if (said.what !== 'done') return [];
    const refusals = news.filter(
      (other) => other.what === 'lock_not_had' && other.migration === said.migration,
    );
    return [{ name: said.migration, tookMs: said.tookMs, attempts: refusals.length + 1 }];
  });
}
