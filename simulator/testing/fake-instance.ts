import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { takeClick, takeDecision, takeEvent } from './fake-intake';
import { readResource } from './fake-reads';
import { createResource } from './fake-setup';
import { emptyState, type FakeState, type Reply } from './fake-state';
import type { Faults } from './faults';

export type FakeInstance = {
  url: string;
  adminKey: string;
  state: FakeState;
  close(): Promise<void>;
};

const ADMIN_KEY = 'fake-admin-key';

/** An instance in memory, on a free port, that keeps the contract as far as the simulator uses it. */
export async function startFakeInstance(faults: Faults = {}): Promise<FakeInstance> {
  const state = emptyState(faults);
  const server = createServer((request, response) => {
    void text(request).then((raw) => {
      const reply = route(state, request, raw);
      response.writeHead(reply.status, reply.headers);
      response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    adminKey: ADMIN_KEY,
    state,
    close: async () => {
      await Promise.all(state.deliveries);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function route(state: FakeState, request: IncomingMessage, raw: string): Reply {
  const url = new URL(request.url ?? '/', 'http://fake');
  if (url.pathname === '/healthz') return { status: 200 };
  if (url.pathname === '/metrics') return { status: 200, body: 'clickchain_outbox_depth 0\n' };
  if (url.pathname.startsWith('/api/v1/')) return { status: state.faults.temporalAway ? 404 : 200 };
  if (url.pathname.startsWith('/c/')) return takeClick(state, url, request);
  if (!url.pathname.startsWith('/v1/')) return takeEvent(state, url, request, raw);
  if (request.headers.authorization !== `Bearer ${ADMIN_KEY}`) return { status: 401 };
  if (request.method !== 'POST') return readResource(state, url);
  const body = JSON.parse(raw) as Record<string, unknown>;
  const decided = /^\/v1\/conversions\/([^/]+)\/decision$/.exec(url.pathname)?.[1];
  if (decided !== undefined) return takeDecision(state, decodeURIComponent(decided), body);
  return createResource(state, url.pathname, body);
}
