import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle } from '@temporalio/worker';
import { quietRuntime, workflowBundle } from '../testing/journey-harness';
import { JOURNEY_SHAPES } from '../testing/journey-shapes';

quietRuntime();

const HISTORIES = join(__dirname, '..', 'testing', 'histories');
const RECORDED = readdirSync(HISTORIES).map((file) => file.replace(/\.json$/, ''));
// One event and no workflow task: there is no decision in it that could be replayed.
const WITHOUT_DECISIONS = ['click-dormant'];

let released: WorkflowBundle;
let changed: WorkflowBundle;

beforeAll(async () => {
  released = await workflowBundle();
  changed = await bundleWorkflowCode({
    workflowsPath: join(__dirname, '..', 'testing', 'changed-workflows', 'index.ts'),
    logger: new DefaultLogger('ERROR'),
  });
}, 60_000);

function replay(name: string, bundle: WorkflowBundle): Promise<void> {
  const history = historyFromJSON(JSON.parse(readFileSync(join(HISTORIES, `${name}.json`), 'utf8')));
  return Worker.runReplayHistory({ workflowBundle: bundle }, history);
}

test('every shape has a recorded history, and every history a shape', () => {
  expect([...RECORDED].sort()).toEqual(JOURNEY_SHAPES.map(({ name }) => name).sort());
});

test.each(RECORDED.filter((name) => !WITHOUT_DECISIONS.includes(name)))(
  '%s replays on the code of today',
  (name) => expect(replay(name, released)).resolves.toBeUndefined(),
);

test.each(RECORDED.filter((name) => name.startsWith('click-') && !WITHOUT_DECISIONS.includes(name)))(
  '%s does not replay on a journey that was changed without a patch',
  (name) => expect(replay(name, changed)).rejects.toThrow(/determinis/i),
);
