import { execFileSync } from 'node:child_process';
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type Mutation, mutatedCopy } from './mutations';

export const RELEASES = ['current', 'next'] as const;
export type ReleaseName = (typeof RELEASES)[number];

/** A copy of the product whose code of workflows can be exchanged under a running instance. */
export interface Releases {
  readonly distDir: string;
  /** Puts the code in place; workers that start from then on run it. */
  deploy(release: ReleaseName): void;
  remove(): void;
}

/**
 * What the next release does otherwise: it begins every journey with a timer. As a change to running workflows has to
 * be, it is behind a patch: journeys that were begun before do not take part in it.
 */
const NEXT_RELEASE: Mutation = {
  name: 'a journey begins with a timer',
  file: 'workflows/click-journey/workflow.js',
  text: 'async function clickJourney(input) {',
  becomes: `async function clickJourney(input) {
    const { patched, sleep } = require("@temporalio/workflow");
    if (patched("next-release")) sleep(1).catch(() => undefined);`,
};

const BUNDLE = 'workflow-bundle.js';

/** Builds the next release with the product's own command; takes some seconds. */
export function prepareReleases(distDir: string): Releases {
  const current = mutatedCopy(distDir, []);
  try {
    const next = mutatedCopy(distDir, [NEXT_RELEASE]);
    try {
      execFileSync(process.execPath, [join(next.distDir, 'cli', 'build-assets.js')], { stdio: 'pipe' });
      copyFileSync(join(next.distDir, BUNDLE), join(current.distDir, `next-${BUNDLE}`));
    } finally {
      next.remove();
    }
    copyFileSync(join(current.distDir, BUNDLE), join(current.distDir, `current-${BUNDLE}`));
  } catch (error) {
    current.remove();
    throw error;
  }
  return {
    distDir: current.distDir,
    deploy(release) {
      const bundle = join(current.distDir, BUNDLE);
      copyFileSync(join(current.distDir, `${release}-${BUNDLE}`), `${bundle}.new`);
      // A worker that just starts reads the one or the other.
      renameSync(`${bundle}.new`, bundle);
    },
    remove: current.remove,
  };
}
