/**
 * The one-way imports of ARCHITECTURE.md, as rules that fail the build.
 *
 * A room may import itself and what `ROOMS` grants it; everything else inside the repository is forbidden.
 * Tests are exempt from the room rules, because they may compose anything; in return no product code may
 * import a test, `testing/` or a development dependency.
 */

// A room may keep test support of its own in a folder named testing.
const TEST = '(\\.test\\.ts|^[a-z]+/testing/.*)$';
const OUTSIDE_THE_PRODUCT = '^(testing|bench|chaos|examples)/';
const PRODUCT = '^(api|workflows|activities|workers|domain|db|clients|embedded|simulator|cli|config)/';
const npm = (...names) => `node_modules/(${names.map((name) => name.replace('.', '\\.')).join('|')})/`;

/**
 * room: its name. imports: what it may import besides itself. packages: 'any' leaves npm and node built-ins
 * free; a list closes both except for the packages named.
 *
 * Where only types may cross (marked "types"), .oxlintrc.json forbids the values: swc, which reads the sources
 * here because TypeScript 7 has no JavaScript API, does not keep type imports apart.
 */
const ROOMS = [
  // Pure: anything else here could break replay, purity or the workflow sandbox.
  { room: 'domain', imports: [], packages: ['isbot', 'ipaddr.js'] },
  // Bundled into a deterministic sandbox: no node built-ins, no npm beyond the two SDK packages. Activities: types.
  {
    room: 'workflows',
    imports: ['^domain/', '^activities/'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
  },
  // The signature check of inbound webhooks is the one client that the API shares.
  {
    room: 'api',
    imports: [
      '^db/',
      '^domain/',
      '^config/',
      '^workflows/[^/]+/contract\\.ts$',
      '^clients/standard-webhooks\\.ts$',
    ],
    packages: 'any',
  },
  // Configuration: types.
  { room: 'activities', imports: ['^db/', '^clients/', '^domain/', '^config/'], packages: 'any' },
  { room: 'clients', imports: ['^domain/'], packages: 'any' },
  // Configuration: types.
  { room: 'db', imports: ['^domain/', '^config/'], packages: 'any' },
  { room: 'config', imports: ['^domain/'], packages: 'any' },
  // It speaks to a running instance over HTTP, as a customer would; reading the database would hide bugs.
  { room: 'simulator', imports: ['^domain/', '^config/'], packages: 'any' },
];

function roomRule({ room, imports, packages }) {
  const outside = packages === 'any' ? { path: PRODUCT } : {};
  const grantedPackages = packages === 'any' ? [] : [npm(...packages)];
  return {
    name: `${room}-imports`,
    comment: `${room}/ may import: itself${imports.map((path) => `, ${path}`).join('')}; packages: ${packages}.`,
    severity: 'error',
    from: { path: `^${room}/`, pathNot: TEST },
    to: { ...outside, pathNot: [`^${room}/`, ...imports, ...grantedPackages] },
  };
}

const compositionRules = [
  {
    name: 'nobody-imports-api-or-workers',
    comment:
      'api/ and workers/ are composition roots. Start them as processes; share code through domain/ or db/.',
    severity: 'error',
    from: { pathNot: ['^(api|workers)/', OUTSIDE_THE_PRODUCT, TEST] },
    to: { path: '^(api|workers)/' },
  },
  {
    name: 'api-and-workers-are-strangers',
    comment: 'The API and the workers meet in Postgres only.',
    severity: 'error',
    from: { path: '^(api|workers)/', pathNot: TEST },
    to: { path: '^(api|workers)/', pathNot: '^$1/' },
  },
  {
    name: 'only-cli-composes-the-machine',
    comment: 'embedded/ and simulator/ are reached through the command line only; nobody imports cli/.',
    severity: 'error',
    from: { path: '^([^/]+)/', pathNot: ['^cli/', OUTSIDE_THE_PRODUCT, TEST] },
    to: { path: '^(embedded|simulator|cli)/', pathNot: '^$1/' },
  },
  {
    name: 'only-clients-speak-outward',
    comment:
      'Strangers are reached through the guarded fetch of clients/, which bounds time, bytes and address.',
    severity: 'error',
    from: { path: PRODUCT, pathNot: ['^(clients|simulator|embedded|cli)/', TEST] },
    to: { path: npm('undici') },
  },
  {
    name: 'hot-path-reaches-no-temporal',
    comment:
      'A click is answered without a call to Temporal: nothing that the hot path loads, however far, may load its SDK.',
    severity: 'error',
    from: { path: '^api/hot/', pathNot: TEST },
    to: { path: 'node_modules/@temporalio/', reachable: true },
  },
  {
    name: 'product-imports-no-test-code',
    comment: 'Code that ships may not depend on tests, test support, benchmarks, fault runs or examples.',
    severity: 'error',
    from: { path: PRODUCT, pathNot: TEST },
    to: { path: [OUTSIDE_THE_PRODUCT, TEST] },
  },
  {
    name: 'auditor-shares-no-code',
    comment:
      'The auditor of chaos/ judges the product, and would share its mistakes with its code. It waits by testing/until.',
    severity: 'error',
    from: { path: '^chaos/audit/', pathNot: TEST },
    to: {
      path: [PRODUCT, '^(testing|bench|chaos|examples)/'],
      pathNot: ['^chaos/audit/', '^testing/until\\.ts$'],
    },
  },
  {
    name: 'chaos-meets-the-product-as-a-process',
    comment:
      'chaos/ starts the compiled product by its command. It may read how to find and stop its processes, and where they can be made to die.',
    severity: 'error',
    from: { path: '^chaos/', pathNot: TEST },
    to: {
      path: PRODUCT,
      pathNot: [
        '^embedded/(instance-file|ports|process-table)\\.ts$',
        '^config/fault-points\\.ts$',
        '^simulator/(random|output)\\.ts$',
      ],
    },
  },
  {
    name: 'product-imports-no-dev-dependency',
    comment: 'A development dependency is absent from an installed product: move it to dependencies.',
    severity: 'error',
    from: { path: PRODUCT, pathNot: TEST },
    to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@types/' },
  },
];

const hygieneRules = [
  {
    name: 'no-cycles',
    comment: 'Two modules that need each other are one module, or miss a third.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-orphans',
    comment: 'A file that nobody imports and that imports nothing is forgotten.',
    severity: 'error',
    // Configuration, reporters and teardowns are read by their tool, a preloaded script by Node; a test or an
    // example is its own entry point.
    from: {
      orphan: true,
      pathNot: [
        '^[^/]+\\.(c?js|ts)$',
        '^testing/.*-reporter\\.js$',
        '^testing/global-teardown\\.ts$',
        '^embedded/parent-watch\\.ts$',
        '^chaos/clock-shift\\.ts$',
        TEST,
        '\\.d\\.ts$',
        '^examples/',
      ],
    },
    to: {},
  },
  {
    name: 'every-import-resolves',
    comment: 'An import that resolves to nothing escapes every other rule.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
];

module.exports = {
  forbidden: [...ROOMS.map(roomRule), ...compositionRules, ...hygieneRules],
  options: {
    // Without this every package's own modules are cruised: thousands, none of them ours.
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|\\.clickchain|\\.git)/' },
    parser: 'swc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'require', 'types', 'default'],
    },
  },
};
