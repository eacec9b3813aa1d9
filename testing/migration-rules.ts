import type { SourceFile } from './source-files';
import { textsOf } from './source-syntax';

/** The first migration that is applied beside traffic. What came before was released as it is. */
const FIRST = 24;

/** Tables of set-up, which people fill by hand. Every other table may hold as many rows as there were clicks. */
export const SMALL_TABLES: ReadonlySet<string> = new Set([
  'api_keys',
  'brands',
  'campaign_versions',
  'campaigns',
  'deals',
  'destinations',
  'fraud_rule_sets',
  'fx_rates',
  'goals',
  'offers',
  'partners',
  'quarantine_rules',
  'rollup_progress',
  'scenarios',
  'segment_rule_sets',
  'sources',
  'status_mappings',
  'workspaces',
]);

/** Statements that a rule would refuse and that are right all the same, each with its reason. */
export const EXCUSED: readonly {
  readonly path: string;
  readonly rule: string;
  /** A part of the statement. */
  readonly statement: string;
  readonly because: string;
}[] = [
  {
    path: 'db/migrations/034_end_the_waiting_in_quarantine.ts',
    rule: 'backfill',
    statement: 'INSERT INTO quarantine_changes',
    because:
      'one row is written: how many wait, counted by a partial index while the new triggers keep writers out',
  },
  {
    path: 'db/migrations/037_keep_totals_of_players_beyond_64_bits.ts',
    rule: 'change of type',
    statement: 'ALTER TABLE customer_ltv',
    because:
      'a row per player and not per click: a million take about 3 s on two busy cores, in the background, while settlements wait and nothing is refused',
  },
];

type Rule = {
  readonly name: string;
  readonly because: string;
  readonly instead: string;
  readonly refuses: (statement: Statement) => boolean;
};

type Statement = {
  /** On one line, without comments, in capitals where SQL does not care. */
  readonly sql: string;
  /** The table that it works on exists already, and may be large. */
  readonly isLarge: boolean;
  readonly isStepwise: boolean;
  readonly isBackground: boolean;
  readonly isBreaking: boolean;
};

const matches =
  (pattern: RegExp) =>
  ({ sql }: Statement): boolean =>
    pattern.test(sql);
const onLarge =
  (pattern: RegExp) =>
  ({ sql, isLarge }: Statement): boolean =>
    isLarge && pattern.test(sql);
const outsideOf =
  (pattern: RegExp) =>
  ({ sql, isStepwise }: Statement): boolean =>
    !isStepwise && pattern.test(sql);
const repeated =
  (pattern: RegExp) =>
  ({ sql, isStepwise }: Statement): boolean =>
    isStepwise && pattern.test(sql);

const STEPWISE = 'a migration of its own with `config = { transaction: false }`';

export const MIGRATION_RULES: readonly Rule[] = [
  {
    name: 'index',
    because: 'CREATE INDEX keeps every writer out for as long as it reads the table',
    instead: 'buildIndex of db/migrations/build-index.ts',
    refuses: onLarge(/^CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)/),
  },
  {
    name: 'index by hand',
    because:
      'interrupted, it leaves an invalid index that every insert writes, and a lock timeout interrupts it',
    instead: 'buildIndex of db/migrations/build-index.ts',
    refuses: matches(/^(CREATE (UNIQUE )?INDEX|REINDEX .*) CONCURRENTLY/),
  },
  {
    name: 'constraint',
    because: 'ADD CONSTRAINT reads the whole table, or builds its index, while nobody may read or write it',
    instead: 'NOT VALID and later VALIDATE CONSTRAINT, or buildIndex and USING INDEX',
    refuses: onLarge(
      /\bADD (CONSTRAINT \S+ )?(CHECK|FOREIGN KEY|UNIQUE|PRIMARY KEY|EXCLUDE)\b(?!.*(NOT VALID|USING INDEX))/,
    ),
  },
  {
    name: 'validation',
    because: 'what its transaction has locked before stays locked for as long as it reads the table',
    instead: STEPWISE,
    refuses: outsideOf(/\bVALIDATE CONSTRAINT\b/),
  },
  {
    name: 'column with a constraint',
    because: 'the whole table is read, or an index built, while nobody may read or write it',
    instead: 'the column alone; then ADD CONSTRAINT NOT VALID and VALIDATE CONSTRAINT, or buildIndex',
    refuses: onLarge(/\bADD COLUMN\b[^,]*\b(CHECK|REFERENCES|UNIQUE|PRIMARY KEY)\b/),
  },
  {
    name: 'column that is computed',
    because: 'a default that differs from row to row, and a generated column, write the whole table anew',
    instead: 'a column without; ALTER COLUMN SET DEFAULT; a backfill in pieces',
    refuses: onLarge(
      /\bADD COLUMN\b[^,]*(\bGENERATED\b|\bDEFAULT (GEN_RANDOM_UUID|RANDOM|CLOCK_TIMESTAMP|NEXTVAL|UUID|PG_CURRENT_XACT_ID)\w*\()/,
    ),
  },
  {
    name: 'column that must be filled',
    because: 'it fails on rows that are there, and the running version fails on it',
    instead: 'a constant DEFAULT, or a column that may be null',
    refuses: matches(/\bADD COLUMN\b(?![^,]*\b(DEFAULT|GENERATED)\b)[^,]*\bNOT NULL\b/),
  },
  {
    name: 'change of type',
    because: 'the whole table is written anew while nobody may read or write it',
    instead: 'another column, written by the new version and filled in pieces',
    refuses: onLarge(/\bALTER COLUMN \S+ (SET DATA )?TYPE\b/),
  },
  {
    name: 'not null',
    because: 'the whole table is read while nobody may read or write it',
    instead: 'CHECK (… IS NOT NULL) NOT VALID, then VALIDATE CONSTRAINT',
    refuses: onLarge(/\bALTER COLUMN \S+ SET NOT NULL\b/),
  },
  {
    name: 'rewriting',
    because: 'the whole table is written anew while nobody may read or write it',
    instead: 'nothing of the kind in a migration',
    refuses: matches(
      /^(VACUUM|CLUSTER|REINDEX|REFRESH MATERIALIZED)\b|\bSET (UNLOGGED|LOGGED|TABLESPACE|ACCESS METHOD)\b/,
    ),
  },
  {
    name: 'backfill',
    because:
      'one transaction over a large table keeps its rows locked, and what it has replaced unswept, until its end',
    instead: `${STEPWISE}, in pieces that are found again after an interruption`,
    refuses: (statement) =>
      !statement.isStepwise && onLarge(/^(UPDATE|DELETE FROM|(WITH .*)?INSERT INTO .* SELECT)\b/)(statement),
  },
  {
    name: 'step that cannot be repeated',
    because: 'a migration outside of a transaction begins again after every interruption',
    instead: 'IF NOT EXISTS, IF EXISTS, OR REPLACE; DROP CONSTRAINT IF EXISTS before ADD CONSTRAINT',
    refuses: repeated(
      /^CREATE TABLE (?!IF NOT EXISTS)|^CREATE (FUNCTION|TRIGGER|VIEW)\b|\bADD COLUMN (?!IF NOT EXISTS)|^DROP \w+ (?!(CONCURRENTLY )?IF EXISTS)|\bDROP (COLUMN|CONSTRAINT) (?!IF EXISTS)|\bRENAME\b/,
    ),
  },
  {
    name: 'background that code would miss',
    because: 'the processes start before it',
    instead: 'a migration that is not marked as background',
    refuses: ({ sql, isBackground }) =>
      isBackground && /^CREATE (TABLE|FUNCTION|TRIGGER|VIEW)\b|\bADD COLUMN\b/.test(sql),
  },
  {
    name: 'taking away',
    because: 'the version that still runs asks for it',
    instead:
      'to remove it a version later, and an excuse here that says which was the last to use it; or `breaking: true`',
    refuses: ({ sql, isBreaking }) =>
      !isBreaking && /^DROP TABLE\b|\bDROP COLUMN\b|\bRENAME (TO|COLUMN|\S+ TO)\b/.test(sql),
  },
];

export type RefusedStatement = {
  readonly path: string;
  readonly rule: string;
  readonly statement: string;
  readonly because: string;
  readonly instead: string;
};

/** What a migration does that people would notice, or that could not be repeated. */
export function refusedStatements(file: SourceFile): RefusedStatement[] {
  const number = /^db\/migrations\/(\d+)_/.exec(file.path)?.[1];
  if (number === undefined || Number(number) < FIRST) return [];
  return statementsOf(file.text).flatMap((statement) =>
    MIGRATION_RULES.filter((rule) => rule.refuses(statement)).map((rule) => ({
      ...{ path: file.path, rule: rule.name, statement: statement.sql },
      ...{ because: rule.because, instead: rule.instead },
    })),
  );
}

export function isExcused(refused: RefusedStatement): boolean {
  return EXCUSED.some(
    ({ path, rule, statement }) =>
      path === refused.path && rule === refused.rule && refused.statement.includes(capitals(statement)),
  );
}

function statementsOf(source: string): Statement[] {
  const config = /\bconst config\b[^=]*=\s*\{(?<marks>[^}]*)\}/.exec(source)?.groups?.marks ?? '';
  const isBackground = /\bbackground: true\b/.test(config);
  const statements = textsOf(source)
    .flatMap((text) => withoutComments(text).split(';'))
    .map(capitals);
  const made = new Set(
    statements.flatMap((sql) => /^CREATE TABLE (?:IF NOT EXISTS )?(\S+)/.exec(sql)?.[1] ?? []),
  );
  return statements.map((sql) => {
    const table = tableOf(sql);
    return {
      ...{ sql, isBackground },
      isLarge: table !== null && !made.has(table) && !SMALL_TABLES.has(table.toLowerCase()),
      isStepwise: isBackground || /\btransaction: false\b/.test(config),
      isBreaking: /\bbreaking: true\b/.test(config),
    };
  });
}

/** Bodies of functions run later, and not on everything at once. */
function withoutComments(text: string): string {
  return text.replace(/--[^\n]*/g, '').replace(/\bAS \$(\w*)\$[\s\S]*?\$\1\$/g, 'AS BODY');
}

/** Of `DO` and `BEGIN`, what they do first. */
function capitals(sql: string): string {
  return sql
    .replace(/\s+/g, ' ')
    .trim()
    .toUpperCase()
    .replace(/^(DO \$\w*\$ )?(DECLARE .*? )?(BEGIN |IF .*? THEN |ELSE |LOOP )+/, '');
}

const NAMED_TABLE =
  /^(?:CREATE (?:UNIQUE )?INDEX .*? ON (?:ONLY )?|ALTER TABLE (?:IF EXISTS )?(?:ONLY )?|UPDATE (?:ONLY )?|DELETE FROM (?:ONLY )?|(?:WITH .*)?INSERT INTO .*? FROM )([\w?]+)/;

/** The table that a statement changes or reads as a whole. */
function tableOf(sql: string): string | null {
  return NAMED_TABLE.exec(sql)?.[1] ?? null;
}
