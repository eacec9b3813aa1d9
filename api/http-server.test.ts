import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { createHttpServer, drain, listen } from './http-server';

describe('the HTTP server', () => {
  it('lets a request in flight finish and takes no new one while it drains', async () => {
    let answerNow: ((res: ServerResponse) => void) | undefined;
    const asked = new Promise<ServerResponse>((resolve) => {
      answerNow = resolve;
    });
    const server = createHttpServer((_req, res) => answerNow?.(res));
    const port = await listen(server, 0, '127.0.0.1');
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    const res = await asked;
    const drained = drain(server);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
    res.end('done');
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toMatch(/^HTTP\/1.1 200/);
    await drained;
  });

  it('bounds what a stranger may make it hold', async () => {
    const server = createHttpServer((_req, res) => res.end());
    const port = await listen(server, 0, '127.0.0.1');
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { big: 'x'.repeat(17_000) } });
    expect(answer.status).toBe(431);
    expect(server.maxConnections).toBeGreaterThan(0);
    for (const limit of [server.headersTimeout, server.requestTimeout, server.timeout]) {
      expect(limit).toBeGreaterThan(0);
    }
    await drain(server);
  });

  it('says when its port is taken', async () => {
    const first = createHttpServer(() => undefined);
    const port = await listen(first, 0, '127.0.0.1');
    await expect(
      listen(
        createHttpServer(() => undefined),
        port,
        '127.0.0.1',
      ),
    ).rejects.toThrow('EADDRINUSE');
    await drain(first);
  });
});
