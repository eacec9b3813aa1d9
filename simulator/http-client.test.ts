import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpClient, type HttpClient, NoAnswer } from './http-client';

describe('the patient client', () => {
  let server: Server;
  let url: string;
  let http: HttpClient;
  let replies: { status: number; retryAfter?: string }[];
  const stop = new AbortController();

  beforeEach(async () => {
    server = createServer((_, response) => {
      const { status, retryAfter } = replies.shift() ?? { status: 200 };
      response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end('body');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    http = createHttpClient({ signal: stop.signal, patienceMs: 600 });
  });
  afterEach(async () => {
    await http.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('sends again after the asked time, and says how often it had to', async () => {
    replies = [{ status: 503, retryAfter: '0' }, { status: 429 }];
    expect(await http.send({ method: 'GET', url })).toMatchObject({ status: 200, tries: 3, text: 'body' });
    expect(http.waits).toEqual({ asked: 2, unreachable: 0 });
    expect(http.unexpectedFailures).toEqual([]);
  });

  it('waits as long as Retry-After says', async () => {
    replies = [{ status: 503, retryAfter: '3' }];
    // Three seconds are more than this client's patience, so it gives up without waiting.
    await expect(http.send({ method: 'GET', url })).rejects.toThrow(NoAnswer);
    expect(replies).toHaveLength(0);
  });

  it('notes a 500, which the contract does not know', async () => {
    replies = [{ status: 500 }];
    expect(await http.send({ method: 'GET', url })).toMatchObject({ status: 200 });
    expect(http.unexpectedFailures).toEqual([`GET ${url} answered 500`]);
  });

  it('does not repeat a refusal and follows no redirect', async () => {
    replies = [{ status: 409 }, { status: 302 }];
    expect(await http.send({ method: 'GET', url })).toMatchObject({ status: 409, tries: 1 });
    expect(await http.send({ method: 'GET', url })).toMatchObject({ status: 302, tries: 1 });
  });

  it('gives up with what it saw last', async () => {
    const address = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const gone = http.send({ method: 'GET', url: `http://127.0.0.1:${address.port}/` });
    await expect(gone).rejects.toThrow(/was sent \d+ times without success: .*ECONNREFUSED/);
  });
});
