import { TestWorkflowEnvironment } from '@temporalio/testing';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes';
import { devServerPath, timeSkippingServerPath } from './servers';

// temporal.api.enums.v1.IndexedValueType
const keyword = 2;

/** A Temporal server on which 30 days pass in milliseconds, with our search attributes; one per test file. */
export async function startTimeSkippingEnv(): Promise<TestWorkflowEnvironment> {
  const path = await timeSkippingServerPath();
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await env.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map(({ name }) => [name, keyword])),
  });
  return env;
}

/** The real dev server in memory, in real time, with our search attributes. */
export async function startDevServerEnv(): Promise<TestWorkflowEnvironment> {
  const path = await devServerPath();
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      searchAttributes: [...SEARCH_ATTRIBUTES],
    },
  });
}
