import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startStallingServer } from '../testing/stalling-server';
import { generateLoad } from './generate-load';
import type { Address } from './http-line';
import type { LoadJob } from './load-job';

const REQUEST = 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n';
const clickId = (n: number) => `clk_${String(n).padStart(26, '0')}`;

function addressOf(url: string): Address {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

/** Answers its n-th request as told; the connection is cut where that is nothing. */
async function startServer(answer: (n: number) => { status: number; location?: string } | null) {
  let requests = 0;
  const server = createServer((request, response) => {
    const given = answer(requests);
    requests += 1;
    if (given === null) request.socket.destroy();
    else
      response
        .writeHead(given.status, given.location === undefined ? {} : { location: given.location })
        .end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    target: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const job = (target: Address, shape: LoadJob['shape'], seconds: number): LoadJob => ({
  target,
  requests: [REQUEST],
  warmUpSeconds: 0,
  seconds,
  shape,
});

describe('generateLoad', () => {
  it('shows a stall of 1.2 seconds in the open loop’s p99 in full', async () => {
    const server = await startStallingServer({ afterRequests: 25, stallMs: 1_200 });
    const result = await generateLoad(
      job(addressOf(server.url), { kind: 'open', ratePerSecond: 50, mostConnections: 8 }, 2.5),
    );
    await server.close();
    // The server says "ok" and not where to go: an answer, and no acknowledged click.
    expect(result.counts).toEqual({ acknowledged: 0, refused: 0, other: 125, unanswered: 0 });
    expect(result.other.fromIntended?.p99).toBeGreaterThanOrEqual(1_000);
    expect(result.other.fromIntended?.p90).toBeGreaterThanOrEqual(500);
  });

  it('tells acknowledged clicks, refusals, other answers and cut connections apart', async () => {
    const outcomes = [
      { status: 302, location: `https://casino.example/?cid=${clickId(1)}` },
      { status: 302, location: 'https://casino.example/?cid=' },
      { status: 503 },
      { status: 429 },
      { status: 404 },
      null,
    ];
    const server = await startServer((n) => outcomes[n] ?? null);
    const shape = { kind: 'open', ratePerSecond: 100, mostConnections: 1 } as const;
    const result = await generateLoad(job(server.target, shape, outcomes.length / 100));
    await server.close();
    expect(result.counts).toEqual({ acknowledged: 1, refused: 2, other: 2, unanswered: 1 });
    expect(result.clickIds).toEqual([clickId(1)]);
  });

  it('keeps every connection of a closed loop busy, and reports each click that was acknowledged', async () => {
    const given: string[] = [];
    const server = await startServer((n) => {
      given.push(clickId(n));
      return { status: 302, location: `https://casino.example/?cid=${clickId(n)}` };
    });
    const result = await generateLoad(job(server.target, { kind: 'closed', connections: 4 }, 0.3));
    await server.close();
    expect(given.length).toBeGreaterThan(8);
    expect([...result.clickIds].sort()).toEqual(given);
    // The last answers come after the measured time: kept, and not counted.
    expect(result.counts.acknowledged).toBeGreaterThanOrEqual(given.length - 4);
    expect(result.acknowledgedPerSecond).toBe(Math.round(result.counts.acknowledged / result.seconds));
  });

  it('sends what is left after a server that was away, without an answer for the rest', async () => {
    const gone = await startServer(() => ({ status: 404 }));
    await gone.close();
    const shape = { kind: 'open', ratePerSecond: 100, mostConnections: 2 } as const;
    const result = await generateLoad(job(gone.target, shape, 0.2));
    expect(result.counts).toEqual({ acknowledged: 0, refused: 0, other: 0, unanswered: 20 });
  });

  it('leaves the warm-up out of the figures, and not out of the clicks', async () => {
    const server = await startServer((n) => ({
      status: 302,
      location: `https://casino.example/?cid=${clickId(n)}`,
    }));
    const shape = { kind: 'open', ratePerSecond: 100, mostConnections: 2 } as const;
    const result = await generateLoad({ ...job(server.target, shape, 0.2), warmUpSeconds: 0.1 });
    await server.close();
    expect(result.counts.acknowledged).toBe(20);
    expect(result.clickIds).toHaveLength(30);
  });

  it('stops when told to, with what it has', async () => {
    const stop = new AbortController();
    const server = await startServer((n) => {
      if (n === 10) stop.abort();
      return { status: 302, location: `https://casino.example/?cid=${clickId(n)}` };
    });
    const shape = { kind: 'open', ratePerSecond: 200, mostConnections: 4 } as const;
    const result = await generateLoad(job(server.target, shape, 60), stop.signal);
    await server.close();
    expect(result.clickIds.length).toBeGreaterThanOrEqual(11);
    expect(result.clickIds.length).toBeLessThan(1_000);
  });
});
