import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../ports';
import { cliVersion, findTemporalCli } from './find-cli';
import { findTestServer, testServerVersion } from './test-server';

let folder: string;
let env: NodeJS.ProcessEnv;
let downloadsUrl: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clickchain-cli-'));
  // Neither programs nor a cache of this machine, and nobody who answers downloads.
  env = { PATH: join(folder, 'bin'), XDG_CACHE_HOME: join(folder, 'cache') };
  downloadsUrl = `http://127.0.0.1:${await freePort()}`;
});
afterEach(() => rmSync(folder, { recursive: true }));

function program(path: string, says: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "${says}"\n`);
  chmodSync(path, 0o755);
  return path;
}

const find = (explicitPath: string | null = null) =>
  findTemporalCli({ explicitPath, env, downloadsUrl }, () => undefined);
const findTests = (explicitPath: string | null = null) =>
  findTestServer({ explicitPath, env, downloadsUrl }, () => undefined);
const version = 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)';

describe('findTemporalCli', () => {
  it('prefers the explicit path, then PATH, then the cache', async () => {
    const cached = program(join(folder, `cache/clickchain/temporal-cli-${cliVersion}/temporal`), version);
    expect((await find()).path).toBe(cached);
    const onPath = program(join(folder, 'bin/temporal'), version);
    expect((await find()).path).toBe(onPath);
    const explicit = program(join(folder, 'mine/temporal'), version);
    expect((await find(explicit)).path).toBe(explicit);
  });

  it('tries nothing else when an explicit path is wrong', async () => {
    program(join(folder, 'bin/temporal'), version);
    await expect(find('/nowhere/temporal')).rejects.toThrow(
      'TEMPORAL_CLI_PATH (/nowhere/temporal): not there',
    );
  });

  it('does not take another program of that name', async () => {
    program(join(folder, 'bin/temporal'), 'a clock');
    await expect(find()).rejects.toThrow(/`temporal` on PATH: .* is not the Temporal CLI: a clock/);
  });

  it('names all ways when none works', async () => {
    await expect(find()).rejects.toThrow(
      /PATH: not there\n.*cache.*: not there\n.*download: .*ECONNREFUSED.*\n.*go install: not there\nInstall the Temporal CLI/,
    );
  });
});

describe('findTestServer', () => {
  it('prefers the explicit path, then the cache', async () => {
    const cached = program(
      join(folder, `cache/clickchain/temporal-test-server-${testServerVersion}/temporal-test-server`),
      '',
    );
    expect((await findTests()).path).toBe(cached);
    const explicit = program(join(folder, 'mine/server'), '');
    expect((await findTests(explicit)).path).toBe(explicit);
  });

  it('names all ways when none works', async () => {
    await expect(findTests()).rejects.toThrow(
      /cache.*: not there\n.*download: .*\n.*Maven and Java: java is not/,
    );
  });
});
