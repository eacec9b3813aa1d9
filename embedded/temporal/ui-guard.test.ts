import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '../ports';
import { hiddenLoopback, isOurName, startUiGuard, type UiGuard } from './ui-guard';

describe('isOurName', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.1:8233',
    'localhost',
    'LocalHost:8233',
    '[::1]:8233',
    '192.168.0.5:8233',
    'temporal.house.example',
    'Temporal.House.example:443',
  ])('%s is', (header) => {
    expect(isOurName(header, 'temporal.house.example')).toBe(true);
  });

  it.each([
    '',
    'evil.example',
    'evil.example:8233',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.1@evil.example',
    'evil.example, localhost',
    '[evil.example]',
    'localhost:80:80',
    'x.temporal.house.example',
  ])('%j is not', (header) => {
    expect(isOurName(header, 'temporal.house.example')).toBe(false);
  });
});

describe('hiddenLoopback', () => {
  it('is an address of loopback, another each time, where there are several', () => {
    const addresses = Array.from({ length: 20 }, () => hiddenLoopback('linux'));
    expect(addresses.every((address) => /^127(?:\.\d{1,3}){3}$/.test(address))).toBe(true);
    expect(new Set(addresses).size).toBeGreaterThan(15);
    expect(hiddenLoopback('darwin')).toBe('127.0.0.1');
  });
});

describe('startUiGuard', () => {
  let ui: Server;
  let guard: UiGuard;
  let port: number;
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    ui = createServer((req, res) => {
      asked.push(`${req.method} ${req.url}`);
      req.pipe(res.writeHead(201, { 'x-ui': 'yes' }));
    });
    ui.listen(0, '127.0.0.1');
    await once(ui, 'listening');
    port = await freePort();
    const at = { host: '127.0.0.1', port: (ui.address() as AddressInfo).port };
    guard = await startUiGuard({ port, ui: at, publicHost: null });
  });
  afterEach(async () => {
    await guard.close();
    ui.close();
  });

  /** `fetch` sets the Host header itself. */
  async function ask(host: string, method = 'GET', body = ''): Promise<{ status: number; text: string }> {
    const asking = request({
      host: '127.0.0.1',
      port,
      path: '/api/v1/namespaces?x=1',
      method,
      headers: { host },
    });
    asking.end(body);
    const [answer] = await once(asking, 'response');
    let text = '';
    for await (const part of answer) text += String(part);
    return { status: answer.statusCode, text };
  }

  it('passes on what is asked of this machine, as it is', async () => {
    expect(await ask(`localhost:${port}`, 'POST', 'a body')).toEqual({ status: 201, text: 'a body' });
    expect(asked).toEqual(['POST /api/v1/namespaces?x=1']);
  });

  it.each(['GET', 'POST', 'OPTIONS', 'DELETE'])(
    'refuses a %s under another name, and asks the UI nothing',
    async (method) => {
      expect((await ask('rebound.example', method)).status).toBe(421);
      expect(asked).toEqual([]);
    },
  );

  it('says so when the UI is away, and throws when its port is taken', async () => {
    ui.close();
    await once(ui, 'close');
    expect((await ask('localhost')).status).toBe(502);
    const at = { host: '127.0.0.1', port };
    await expect(startUiGuard({ port, ui: at, publicHost: null })).rejects.toThrow('EADDRINUSE');
  });
});
