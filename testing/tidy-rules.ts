import type { SourceFile } from './source-files';
import { functionSpans } from './source-syntax';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;

/** A string that may not appear, where, and what to write instead. A ban without a replacement is a complaint. */
interface Ban {
  readonly name: string;
  readonly pattern: RegExp;
  readonly instead: string;
  /** Files the ban holds for; absent means all. */
  readonly only?: RegExp;
  readonly except?: RegExp;
  /** Whether comments count too; code bans look at code only. */
  readonly inComments?: boolean;
}

const MIGRATION = /^db\/migrations\/\d/;
const TEST = /\.test\.ts$/;
const TEST_OR_SUPPORT = /\.test\.ts$|^(bench|chaos)\/|(^|\/)testing\//;

export const BANS: readonly Ban[] = [
  {
    name: 'console',
    pattern: /\bconsole\./,
    instead: 'the logger that is passed in, or the one output function of cli/',
  },
  {
    name: 'randomness in a pure room',
    pattern: /\bMath\.random\(|\brandomUUID\(/,
    only: /^(domain|workflows)\//,
    except: TEST,
    instead: 'a value or a seeded source passed in by the caller',
  },
  {
    name: 'the clock in a pure room',
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
    only: /^domain\//,
    except: TEST,
    instead: 'a parameter nowMs',
  },
  {
    name: 'the environment',
    pattern: /\bprocess\.env\b/,
    except: /^(config|cli|embedded|testing|bench|chaos)\/|^(api\/server|workers\/main)\.ts$|\.test\.ts$/,
    instead: 'a field of Config, passed in',
  },
  {
    name: 'as any',
    pattern: /\bas any\b|<any>/,
    instead: 'unknown, and a check that narrows it',
  },
  {
    name: 'a silenced compiler',
    pattern: /@ts-(ignore|expect-error|nocheck)\b/,
    inComments: true,
    instead: 'a type that is true',
  },
  {
    name: 'a silenced linter without a reason',
    pattern: /\b(oxlint|eslint)-disable(?!.* -- \S)/,
    inComments: true,
    instead: 'the same line ending in " -- why"',
  },
  {
    name: 'a promise to finish later',
    pattern: /\b(TODO|FIXME|XXX|HACK)\b/,
    inComments: true,
    instead: 'the work itself, or an issue',
  },
  {
    name: 'a test that does not run',
    pattern: /\b(it|test|describe)\.(skip|only|todo|failing)\b|\b(xit|xtest|xdescribe|fit|fdescribe)\(/,
    only: TEST_OR_SUPPORT,
    instead: 'a test that runs: a missing server is a failure',
  },
  {
    name: 'a sleep in a test',
    pattern: /\bsetTimeout\(|\btimers\/promises\b/,
    only: TEST,
    instead: 'the event that is waited for (testing/ offers an "eventually" for what has none)',
  },
  {
    name: 'an amount as a floating-point number',
    pattern: /\b(parseFloat|Number)\([^)]*(amount|minor|payout|commission|price|balance)/i,
    except: TEST_OR_SUPPORT,
    instead: 'parseMoney of domain/money.ts; money is bigint minor units',
  },
  {
    name: 'a sum of money in 64 bits',
    pattern: /\bsum\([^)]*(amount|minor)[^)]*\)\s*::\s*bigint/i,
    only: /^(db|activities|api)\//,
    except: TEST,
    instead: 'the numeric that sum() gives, read as text into a bigint',
  },
  {
    name: 'toFixed',
    pattern: /\.toFixed\(/,
    only: /^(domain|db|activities|workflows|api|clients)\//,
    instead: 'formatMinor of domain/money.ts for money',
  },
  {
    name: 'a column type that loses meaning',
    pattern:
      /\b(varchar|character varying|serial|bigserial|timestamp without time zone)\b|\btimestamp\b(?! with time zone)/i,
    only: /^db\/migrations\//,
    instead: 'text, identity or a minted uuid, timestamptz',
  },
  {
    name: 'a secret compared as text',
    pattern:
      /(?:\b|[a-z])(?:[Ss]ecret|[Ss]ignature|[Pp]assword|[Aa]piKey|adminKey|keyHash|hmac|mac|digest)\s*[!=]={1,2}(?!=|\s*(?:null\b|undefined\b|''))|[!=]==?\s*(?:\w+\.)*(?:secret|signature|password|apiKey|adminKey|keyHash|hmac|mac|digest)\b(?!\.length)/,
    only: /^(api|clients|db|activities|workers|config|domain)\//,
    except: TEST,
    instead: 'timingSafeEqual over digests of one length, or a look-up by the hash',
  },
  {
    name: 'a list as parameters',
    // A literal object or array says how many there are; Postgres takes 65,535 parameters and no more.
    pattern: /\.where(?:Not)?In\((?!'[\w.]+', \[')|\.insert\((?!\{|\[\{|\[$)/,
    only: /^(db|activities|api|workers|cli|embedded)\//,
    except: TEST,
    instead: 'rowBatch of db/stores/row-batch.ts for rows, "= ANY(?)" with one array for keys',
  },
  {
    name: 'an unguarded call to a stranger',
    pattern: /(?<![.\w])fetch\(/,
    only: /^(api|workflows|activities|workers|domain|db)\//,
    except: TEST,
    instead: 'the guarded fetch of clients/, which refuses private addresses and bounds time and bytes',
  },
];

/** The exceptions, each with its reason. An entry that excuses nothing any more fails the test. */
export const ALLOWED: readonly { readonly path: string; readonly ban: string; readonly because: string }[] = [
  {
    path: 'db/stores/player-books-store.ts',
    ban: 'a list as parameters',
    because: 'a player’s lifetime value has one row per currency, and there are fewer than 200 of those',
  },
];

/** The bans' own source spells out what it bans. */
const THE_BANS_THEMSELVES = /^testing\/tidy(-rules)?(\.test)?\.ts$/;

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly ban: string;
  readonly instead: string;
}

/** Every banned string of one file, in order of the ban list. */
export function bannedStrings(file: SourceFile): Violation[] {
  if (THE_BANS_THEMSELVES.test(file.path)) return [];
  const lines = file.text.split('\n');
  return BANS.filter((ban) => holdsFor(ban, file.path)).flatMap((ban) =>
    lines.flatMap((line, index) =>
      ban.pattern.test(ban.inComments ? line : codeOf(line))
        ? [{ path: file.path, line: index + 1, ban: ban.name, instead: ban.instead }]
        : [],
    ),
  );
}

/** What is too long in one file, as sentences. */
export function tooLong(file: SourceFile): string[] {
  const lines = file.text.split('\n').length - 1;
  const complaints =
    lines > FILE_LINES_MAX ? [`${file.path} has ${lines} lines, at most ${FILE_LINES_MAX}`] : [];
  // A migration is one statement after another inside one function; only the file's limit says anything about it.
  const spans = MIGRATION.test(file.path) ? [] : functionSpans(file.text);
  const functions = spans
    .filter((span) => span.lines > FUNCTION_LINES_MAX)
    .map(
      (span) =>
        `${file.path}:${span.line} has a function of ${span.lines} lines, at most ${FUNCTION_LINES_MAX}`,
    );
  return [...complaints, ...functions];
}

/** What is wrong with a file's name or place, as sentences. */
export function misnamed(path: string): string[] {
  const segments = path.split('/');
  const file = segments.at(-1) ?? '';
  const words = segments.flatMap((segment) => segment.split(/[-_.]/));
  const meaningless = words.find((word) => /^(utils?|helpers?|common|misc|stuff)$/.test(word));
  const aside = segments.slice(0, -1).find((segment) => /^(__tests__|tests?|specs?)$/.test(segment));
  return [
    ...(nameIsWellFormed(path, file) ? [] : [`${path} is not kebab-case`]),
    ...(meaningless === undefined ? [] : [`${path} says "${meaningless}", which names nothing`]),
    ...(aside !== undefined || /\.spec\./.test(file)
      ? [`${path}: a test stands beside its code as *.test.ts`]
      : []),
  ];
}

function nameIsWellFormed(path: string, file: string): boolean {
  if (MIGRATION.test(path)) return /^\d+_[a-z0-9]+(_[a-z0-9]+)*(\.[a-z]+)*\.ts$/.test(file);
  return path.split('/').every((segment) => /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/.test(segment));
}

function holdsFor(ban: Ban, path: string): boolean {
  return (ban.only?.test(path) ?? true) && !(ban.except?.test(path) ?? false);
}

/** The line without a whole-line or trailing comment; good enough for strings that never stand in a URL. */
function codeOf(line: string): string {
  return /^\s*(\/\/|\/?\*)/.test(line) ? '' : line.replace(/\s\/\/ .*$/, '');
}
