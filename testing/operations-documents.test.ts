import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createApiMetrics } from '../api/metrics';
import { variableNames } from '../config/variables';
import { NETWORK_FAILURES, OUTCOME_REASONS } from '../domain/postback/outcome';
import { RELAY_COUNTERS } from '../workers/relay-meter';
import * as workflows from '../workflows';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes';
import { references } from './compose-file';
import { readRepositoryFile, repositoryRoot } from './source-files';

const deploy = readRepositoryFile('docs/deploy.md');
const failureModes = readRepositoryFile('docs/failure-modes.md');
const temporalUi = readRepositoryFile('docs/temporal-ui.md');
const all = [deploy, failureModes, temporalUi].join('\n');

const found = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? match[0])),
];

/** A histogram is exposed as three series. */
const withoutSeries = (name: string) => name.replace(/_(bucket|count|sum)$/, '');

describe('what operators are told', () => {
  test('names metrics of ours that exist', async () => {
    const exposed = await createApiMetrics({ processMetrics: true }).registry.getMetricsAsJSON();
    const names = new Set<string>([...exposed.map(({ name }) => name), ...Object.values(RELAY_COUNTERS)]);
    const named = found(all, /\b(?:clickchain|nodejs)_[a-z0-9]+_[a-z0-9_]+\b/g).map(withoutSeries);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !names.has(name))).toEqual([]);
  });

  test('names metrics of the worker that the SDK has', () => {
    const metrics = rustSourcesOfTheSdk();
    const named = found(all, /\btemporal_([a-z_]+)(?=[{[`])/g).map(withoutSeries);
    expect(named.length).toBeGreaterThan(4);
    expect(named.filter((name) => !metrics.includes(`"${name}"`))).toEqual([]);
  });

  test('names variables that exist', () => {
    const compose = references(readRepositoryFile('docker-compose.yml')).map(({ name }) => name);
    const known = new Set<string>([...variableNames, ...compose]);
    const named = found(all, /`((?:CLICKCHAIN|TEMPORAL|DATABASE|SITE|FRONT|EDGE|API|WORKER)_[A-Z_]+)/g);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  test('names every reason of a delivery that failed', () => {
    const reasons = [...NETWORK_FAILURES, ...OUTCOME_REASONS];
    expect(reasons.filter((reason) => !failureModes.includes(`\`${reason}\``))).toEqual([]);
  });

  test('filters by workflow types, attributes and stages that are written', () => {
    const filters = found(temporalUi, /```sql\n([^`]*)```/g).join('\n');
    const types = found(filters, /WorkflowType (?:=|IN) \(?([^)\n]*?)\)?(?: AND|$)/gm);
    const typeNames = new Set(types.flatMap((list) => found(list, /'(\w+)'/g)));
    expect([...typeNames].sort()).toEqual(Object.keys(workflows).sort());
    const builtIn = [
      'WorkflowType',
      'WorkflowId',
      'ExecutionStatus',
      'CloseTime',
      'TemporalReportedProblems',
    ];
    const known = new Set([...builtIn, ...SEARCH_ATTRIBUTES.map(({ name }) => name)]);
    const fields = found(filters, /\b([A-Z]\w+) (?:=|>|IN|IS|STARTS_WITH)/g);
    expect(fields.filter((field) => !known.has(field))).toEqual([]);
    const stages = found(filters, /JourneyStage (?:=|IN) (\([^)]*\)|'\w+')/g);
    const journey = readRepositoryFile('workflows/click-journey/workflow.ts');
    for (const stage of stages.flatMap((list) => found(list, /'(\w+)'/g))) {
      expect([stage, journey.includes(`'${stage}'`)]).toEqual([stage, true]);
    }
  });

  test('has an entry for every type of workflow', () => {
    for (const type of Object.keys(workflows))
      expect(temporalUi).toMatch(new RegExp(`^\\| \`${type}\` \\|`, 'm'));
  });
});

/** The native part of the SDK ships with its sources, and only there do its metrics have their names. */
function rustSourcesOfTheSdk(): string {
  const folder = path.join(repositoryRoot, 'node_modules/@temporalio/core-bridge/sdk-core/crates');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('metrics.rs'))
    .map((file) => readFileSync(path.join(folder, file), 'utf8'))
    .join('\n');
}
