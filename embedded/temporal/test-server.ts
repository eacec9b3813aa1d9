import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  downloadProgram,
  type FoundProgram,
  findByWays,
  makeOnce,
  runToEnd,
  temporalDownloads,
  type Way,
} from '../fetch-program';
import { userCacheDir } from '../user-cache';
import { isExecutable, type ProgramSearch } from './find-cli';

export const testServerVersion = '1.39.0';

/**
 * Finds the time-skipping test server: the explicit path, the per-user cache, the download that the SDK uses, and Maven
 * with a small wrapper. What is fetched goes to the cache.
 *
 * @throws listing all ways when none works.
 */
export function findTestServer(
  search: ProgramSearch,
  update: (detail: string) => void,
): Promise<FoundProgram> {
  const env = search.env ?? process.env;
  const cached = join(userCacheDir(env), `temporal-test-server-${testServerVersion}`);
  const program = join(
    cached,
    process.platform === 'win32' ? 'temporal-test-server.exe' : 'temporal-test-server',
  );
  const explicit = search.explicitPath;
  const ways: Way[] =
    explicit === null
      ? [
          { name: `the cache (${cached})`, find: async () => (isExecutable(program) ? program : null) },
          {
            name: 'download',
            find: (detail) => download(cached, program, search.downloadsUrl ?? temporalDownloads, detail),
          },
          { name: 'Maven and Java', find: (detail) => fromMaven(cached, program, env, detail) },
        ]
      : [
          {
            name: `TEMPORAL_TEST_SERVER_PATH (${explicit})`,
            find: async () => (isExecutable(explicit) ? explicit : null),
          },
        ];
  const advice =
    'Install Maven and Java 11 or newer, or point TEMPORAL_TEST_SERVER_PATH to the program; see CONTRIBUTING.md.';
  return findByWays('The time-skipping Temporal test server', ways, advice, update);
}

async function download(
  cached: string,
  program: string,
  baseUrl: string,
  update: (detail: string) => void,
): Promise<string> {
  update(`asking ${new URL(baseUrl).host}`);
  await makeOnce(cached, async (scratch) => {
    const artifact = 'temporal-test-server';
    const limits = { connectMs: 5_000, stallMs: 30_000 };
    const path = await downloadProgram(
      { baseUrl, artifact, version: `v${testServerVersion}`, ...limits },
      scratch,
      update,
    );
    renameSync(path, join(scratch, program.slice(cached.length + 1)));
  });
  return program;
}

async function fromMaven(
  cached: string,
  program: string,
  env: NodeJS.ProcessEnv,
  update: (detail: string) => void,
): Promise<string | null> {
  if (process.platform === 'win32') return null;
  for (const tool of ['java', 'mvn']) {
    const there = await runToEnd(tool, ['-version'], { env, timeoutMs: 60_000 }).catch(() => null);
    if (there === null) throw new Error(`${tool} is not installed`);
  }
  update('fetching 40 MB with Maven, once');
  await makeOnce(cached, async (scratch) => {
    const pom = join(scratch, 'pom.xml');
    writeFileSync(pom, pomXml);
    mkdirSync(join(scratch, 'lib'));
    await runToEnd('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', '-DoutputDirectory=lib'], {
      env,
      cwd: scratch,
      timeoutMs: 10 * 60_000,
    });
    const wrapper = join(scratch, 'temporal-test-server');
    writeFileSync(wrapper, wrapperScript);
    chmodSync(wrapper, 0o755);
  });
  return existsSync(program) ? program : null;
}

// `exec`: the SDK stops the server by killing the pid that it started, which must be Java's.
const wrapperScript = `#!/bin/sh
lib="$(dirname "$0")/lib"
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -cp "$lib/*" io.temporal.testserver.TestServer "$@"
`;

const pomXml = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>clickchain</groupId>
  <artifactId>temporal-test-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${testServerVersion}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-nop</artifactId>
      <version>2.0.16</version>
    </dependency>
  </dependencies>
</project>
`;
