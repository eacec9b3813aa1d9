import { migrate } from '../db/migrate';
import { adminUrlVariable, startTestCluster, type TestCluster, templateDatabase } from './servers';

declare global {
  // Jest hands nothing from setup to teardown but the global object.
  var clickchainTestCluster: TestCluster | undefined;
}

/** One cluster per run, with a migrated template database that each test clones. */
module.exports = async function globalSetup(): Promise<void> {
  const cluster = await startTestCluster();
  globalThis.clickchainTestCluster = cluster;
  process.env[adminUrlVariable] = cluster.server.url('postgres');
  try {
    await migrate(cluster.server.url(templateDatabase), Date.now());
  } catch (error) {
    // After a failed setup nobody calls the teardown.
    await cluster.remove();
    throw error;
  }
};
