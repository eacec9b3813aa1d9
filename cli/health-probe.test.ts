import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseConfig } from '../config/config';
import { probeHealth } from './health-probe';

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return String((server.address() as AddressInfo).port);
}

const answerAt =
  (path: string, status = 200): RequestListener =>
  (req, res) => {
    res.writeHead(req.url === path ? status : 404).end('x');
  };

describe('the health of a container', () => {
  it('of the API is its liveness, also when it listens on every address', async () => {
    const port = await serve(answerAt('/healthz'));
    const config = parseConfig({ CLICKCHAIN_PORT: port, CLICKCHAIN_HOST: '0.0.0.0' });
    expect(await probeHealth('api', config)).toBeNull();
  });

  it('of a worker is that it shows its metrics', async () => {
    const port = await serve(answerAt('/metrics'));
    expect(await probeHealth('worker', parseConfig({ CLICKCHAIN_METRICS_PORT: port }))).toBeNull();
    expect(await probeHealth('worker', parseConfig({}))).toMatch('CLICKCHAIN_METRICS_PORT is not set');
  });

  it('is bad when the process answers an error, cuts the answer, or is gone', async () => {
    const failing = await serve(answerAt('/healthz', 500));
    expect(await probeHealth('api', parseConfig({ CLICKCHAIN_PORT: failing }))).toMatch('answered 500');
    server?.close();
    const cutting = await serve((_req, res) => {
      res.writeHead(200, { 'content-length': '10' }).write('x', () => res.destroy());
    });
    expect(await probeHealth('api', parseConfig({ CLICKCHAIN_PORT: cutting }))).toMatch('does not answer');
    server?.close();
    await once(server as Server, 'close');
    expect(await probeHealth('api', parseConfig({ CLICKCHAIN_PORT: cutting }))).toMatch('does not answer');
  });
});
