/** One requirement as `docs/coverage.md` lists it. */
export type CoverageRow = {
  readonly id: string;
  readonly title: string;
  readonly where: string;
  /** The files that it names, as `path` or `path#export`. */
  readonly paths: readonly string[];
};

/** What later work is called. A requirement that is not met yet waits for one of these. */
const CAPABILITIES: ReadonlySet<string> = new Set([
  'ad-platform adapters',
  'anti-cloaking crawl',
  'dashboard',
  'observability',
  'offerwall',
  'own-domain certificates',
  'partner programme',
  'partner share links',
  'predicted LTV',
  'privacy',
  'scenario A/B and separator report',
  'throughput',
  'visitor intelligence',
]);

const ROW = /^\| (?<id>[A-Z]\d+) \|(?<title>[^|]*)\|(?<where>[^|]*)\|$/;

/** The rows of every table of the document that begins with an id. */
export function coverageRows(markdown: string): CoverageRow[] {
  return markdown.split('\n').flatMap((line) => {
    const { id, title = '', where = '' } = ROW.exec(line)?.groups ?? {};
    if (id === undefined) return [];
    const paths = [...where.matchAll(/`(?<path>[^`]+)`/g)].map((match) => match.groups?.path ?? '');
    return [{ id, title: title.trim(), where: where.trim(), paths }];
  });
}

/** What a row leaves open, as sentences. */
export function coverageProblems({ id, title, where, paths }: CoverageRow): string[] {
  const capability = /^not yet: (?<name>[^;]+)/.exec(where)?.groups?.name;
  const isNamed = capability !== undefined || paths.length > 0;
  return [
    ...(title === '' ? [`${id} has no title`] : []),
    ...(isNamed ? [] : [`${id} says neither a file nor who will do it`]),
    ...(capability === undefined || CAPABILITIES.has(capability)
      ? []
      : [`${id} waits for "${capability}", which is no capability`]),
  ];
}
