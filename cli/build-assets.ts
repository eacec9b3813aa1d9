import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { complain, explain } from './output';

/** Run after the compiler: what the processes need beside the compiled sources. Skips what is newer than its inputs. */
async function buildAssets(dist: string): Promise<void> {
  await buildWorkflowBundle(dist);
  copyRedoc(dist);
}

async function buildWorkflowBundle(dist: string): Promise<void> {
  const target = join(dist, 'workflow-bundle.js');
  const inputs = ['workflows', 'domain'].flatMap((room) => scriptsIn(join(dist, room)));
  const sdk = require.resolve('@temporalio/workflow');
  if (isNewer(target, [...inputs, sdk])) return;
  // Loaded only when needed: the SDK takes a second, and most starts find the bundle fresh.
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(dist, 'workflows', 'index.js'),
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(target, code);
}

function copyRedoc(dist: string): void {
  const target = join(dist, 'assets', 'redoc.standalone.js');
  const source = join(dirname(require.resolve('redoc/package.json')), 'bundles', 'redoc.standalone.js');
  if (isNewer(target, [source])) return;
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
}

function scriptsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function isNewer(target: string, inputs: readonly string[]): boolean {
  if (!existsSync(target)) return false;
  const madeAt = statSync(target).mtimeMs;
  return inputs.every((input) => statSync(input).mtimeMs <= madeAt);
}

buildAssets(join(__dirname, '..')).catch((error: unknown) => {
  complain(explain(error));
  process.exitCode = 1;
});
