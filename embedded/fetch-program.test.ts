import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadProgram, findByWays, makeOnce } from './fetch-program';

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clickchain-fetch-'));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

async function serve(listener: RequestListener): Promise<string> {
  const listening = createServer(listener);
  server = listening;
  await new Promise<void>((resolve) => void listening.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

describe('findByWays', () => {
  it('takes the first way that works', async () => {
    const ways = [
      { name: 'a', find: async () => null },
      { name: 'b', find: async () => Promise.reject(new Error('broken')) },
      { name: 'c', find: async () => '/bin/c' },
      { name: 'd', find: async () => '/bin/d' },
    ];
    expect(await findByWays('It', ways, '', () => undefined)).toEqual({ path: '/bin/c', way: 'c' });
  });

  it('lists all ways, and why each failed, when none works', async () => {
    const ways = [
      { name: 'PATH', find: async () => null },
      {
        name: 'download',
        find: async () => Promise.reject(new Error('fetch failed', { cause: new Error('ENOTFOUND') })),
      },
    ];
    await expect(findByWays('The server', ways, 'Do this.', () => undefined)).rejects.toThrow(
      'The server was not found. Tried:\n  - PATH: not there\n  - download: fetch failed (ENOTFOUND)\nDo this.',
    );
  });
});

describe('makeOnce', () => {
  it('makes a thing once, even when several ask at the same time', async () => {
    const target = join(folder, 'thing');
    let made = 0;
    const make = async (scratch: string) => {
      made += 1;
      writeFileSync(join(scratch, 'program'), 'x');
    };
    await Promise.all([makeOnce(target, make), makeOnce(target, make), makeOnce(target, make)]);
    expect(made).toBe(1);
    expect(readdirSync(folder)).toEqual(['thing']);
  });

  it('leaves nothing behind when it fails', async () => {
    const target = join(folder, 'thing');
    await expect(makeOnce(target, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('downloadProgram', () => {
  const artifact = { artifact: 'cli', version: 'v1', connectMs: 300, stallMs: 300 } as const;

  it('asks like the SDK does, follows the answer and unpacks the program', async () => {
    mkdirSync(join(folder, 'content'));
    writeFileSync(join(folder, 'content', 'temporal'), 'the program');
    const archive = join(folder, 'archive.tar.gz');
    execFileSync('tar', ['-czf', archive, '-C', join(folder, 'content'), 'temporal']);
    const asked: string[] = [];
    const baseUrl = await serve((request, response) => {
      asked.push(request.url ?? '');
      if (request.url?.startsWith('/cli/v1?') === true) {
        response.end(JSON.stringify({ archiveUrl: `${baseUrl}/archive`, fileToExtract: 'temporal' }));
      } else {
        response.end(readFileSync(archive));
      }
    });
    const scratch = join(folder, 'scratch');
    mkdirSync(scratch);
    const shown: string[] = [];
    const path = await downloadProgram({ baseUrl, ...artifact }, scratch, (detail) => shown.push(detail));
    expect(readFileSync(path, 'utf8')).toBe('the program');
    expect(asked[0]).toMatch(/arch=\w+&platform=\w+&format=tar.gz&sdk-name=sdk-typescript/);
    expect(shown.at(-1)).toMatch(/^0 of 0 MB$/);
  });

  it('gives up soon when nobody answers', async () => {
    const baseUrl = await serve(() => undefined);
    await expect(downloadProgram({ baseUrl, ...artifact }, folder, () => undefined)).rejects.toThrow(
      /timeout/,
    );
  });

  it('gives up when the archive stops flowing', async () => {
    const baseUrl = await serve((request, response) => {
      if (request.url === '/archive') response.write('the beginning');
      else response.end(JSON.stringify({ archiveUrl: `${baseUrl}/archive`, fileToExtract: 'temporal' }));
    });
    await expect(downloadProgram({ baseUrl, ...artifact }, folder, () => undefined)).rejects.toThrow(
      /stalled|abort/i,
    );
    expect(existsSync(join(folder, 'temporal'))).toBe(false);
  });

  it('reports an answer that is none', async () => {
    const baseUrl = await serve((_request, response) => void response.writeHead(503).end());
    await expect(downloadProgram({ baseUrl, ...artifact }, folder, () => undefined)).rejects.toThrow(
      'answered 503',
    );
  });
});
