/**
 * Two kinds of tests: those that need no database run at once; those named *.db.test.ts, *.temporal.test.ts or
 * *.e2e.test.ts share one PostgreSQL cluster, which is started before the first of them and removed after the last.
 */

// These packages ship ES modules only, which Jest's CommonJS runtime cannot require untransformed.
const esmOnly = ['uuid', 'isbot'];

const shared = {
  rootDir: __dirname,
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: {
    '^.+\\.(ts|m?js)$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
};

const withServers = ['**/*.db.test.ts', '**/*.temporal.test.ts', '**/*.e2e.test.ts'];

/** @type {import('jest').Config} */
module.exports = {
  // Tests with their own Temporal server are heavy; two at a time suit the smallest machine that runs the suite.
  maxWorkers: 2,
  testTimeout: 30_000,
  reporters: ['default', '<rootDir>/testing/plain-summary-reporter.js'],
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['**/*.test.ts', ...withServers.map((pattern) => `!${pattern}`)],
    },
    {
      ...shared,
      displayName: 'servers',
      testMatch: withServers,
      globalSetup: '<rootDir>/testing/global-setup.ts',
      globalTeardown: '<rootDir>/testing/global-teardown.ts',
    },
  ],
};
