import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { makeTestDataDir } from '../testing/servers';
import {
  type InstanceInfo,
  instanceFilePath,
  readInstanceFile,
  setAsideDamagedInstanceFile,
} from './instance-file';
import { StatusFile } from './status-file';

const pids = { supervisor: 1, api: 2, worker: 3, postgres: 4, temporal: 5 };
const info: InstanceInfo = {
  apiUrl: 'http://127.0.0.1:8080',
  docsUrl: 'http://127.0.0.1:8080/docs',
  temporalUiUrl: 'http://127.0.0.1:8233',
  temporalAddress: '127.0.0.1:7233',
  temporalNamespace: 'default',
  databaseUrl: 'postgresql://127.0.0.1/clickchain',
  workspaceId: 'wsp_1',
  adminKey: 'the only copy',
  sinkPort: 8090,
  pids,
};

let dataDir: string;
beforeEach(() => {
  dataDir = makeTestDataDir();
});
afterEach(() => rmSync(dataDir, { recursive: true }));

describe('the status file', () => {
  it('is written as soon as it can be when it cannot be at once, and the trouble is told once', () => {
    jest.useFakeTimers();
    const lines: string[] = [];
    const status = new StatusFile(dataDir, { line: (text) => void lines.push(text) });
    // Stands in the way of the draft, as a full disk would.
    const obstacle = `${instanceFilePath(dataDir)}.new`;
    mkdirSync(obstacle);
    status.write(info);
    status.write({ ...info, pids: { ...pids, api: 7 } });
    jest.advanceTimersByTime(5_000);
    expect(readInstanceFile(dataDir)).toBeNull();
    rmdirSync(obstacle);
    jest.advanceTimersByTime(1_000);
    expect(readInstanceFile(dataDir)?.pids.api).toBe(7);
    expect(lines).toEqual([
      expect.stringMatching(/instance.json cannot be written now: .*EISDIR/),
      expect.stringMatching(/instance.json is up to date again/),
    ]);
    status.stop();
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });
});

describe('a damaged instance.json', () => {
  it.each(['', '{"apiUrl": "http://127', 'null', '{"apiUrl":"nowhere","pids":{}}'])(
    'that holds %j counts as none, and is kept',
    (text) => {
      writeFileSync(instanceFilePath(dataDir), text);
      expect(readInstanceFile(dataDir)).toBeNull();
      expect(setAsideDamagedInstanceFile(dataDir)).toContain('instance.json.set-aside-');
      expect(readdirSync(dataDir)).toEqual([expect.stringContaining('instance.json.set-aside-')]);
      expect(setAsideDamagedInstanceFile(dataDir)).toBeNull();
    },
  );
});
