import { TestWorkflowEnvironment } from '@temporalio/testing';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes';
import { devServerPath, timeSkippingServerPath } from './servers';

// temporal.api.enums.v1.IndexedValueType
const keyword = 2;
const STARTS = 4;

/** A Temporal server on which 30 days pass in milliseconds, with our search attributes; one per test file. */
export async function startTimeSkippingEnv(): Promise<TestWorkflowEnvironment> {
  const path = await timeSkippingServerPath();
  const env = await startPatiently(() =>
    TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } }),
  );
  await env.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map(({ name }) => [name, keyword])),
  });
  return env;
}

/** The real dev server in memory, in real time, with our search attributes; `settings` are dynamic ones of the server. */
export async function startDevServerEnv(
  settings: Readonly<Record<string, string>> = {},
): Promise<TestWorkflowEnvironment> {
  const path = await devServerPath();
  const extraArgs = Object.entries(settings).flatMap(([name, value]) => [
    '--dynamic-config-value',
    `${name}=${value}`,
  ]);
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      searchAttributes: [...SEARCH_ATTRIBUTES],
      extraArgs,
    },
  });
}

/** The SDK gives a server five seconds to come up, which a Java program on a busy machine may miss. */
async function startPatiently<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (attempt === STARTS) throw error;
    }
  }
}
