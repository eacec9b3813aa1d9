import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';

export interface UiGuard {
  /** Stops listening, and ends what is still on its way. */
  close(): Promise<void>;
}

/**
 * Stands on a loopback port before Temporal's UI, which answers whoever reaches it under whatever name. A web page whose
 * host name was pointed to 127.0.0.1 in the meantime could read journeys through the browser of whoever has it open, and
 * end them; but it asks under its own name. So only names pass that nobody else's DNS decides: addresses, `localhost`,
 * and the host under which the operator says that the UI is reached.
 *
 * @throws EADDRINUSE when the port belongs to somebody.
 */
export async function startUiGuard(options: {
  readonly port: number;
  readonly ui: { readonly host: string; readonly port: number };
  /** A host name that leads here by way of a proxy of the operator's. */
  readonly publicHost: string | null;
}): Promise<UiGuard> {
  const { port, ui, publicHost } = options;
  const server = createServer((req, res) => {
    if (isOurName(req.headers.host ?? '', publicHost)) passOn(req, res, ui);
    else refuse(res);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/**
 * Where the UI itself listens. Most systems have sixteen million addresses of loopback, and a page that could try all
 * ports of one cannot try all of those; macOS has one, and only the port is not known there.
 */
export function hiddenLoopback(platform: NodeJS.Platform = process.platform): string {
  if (platform === 'darwin') return '127.0.0.1';
  return ['127', randomInt(1, 256), randomInt(0, 256), randomInt(1, 255)].join('.');
}

/** Whether a Host header names this machine in a way that nobody else's DNS decides. */
export function isOurName(header: string, publicHost: string | null): boolean {
  const [, bracketed, plain = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(header) ?? [];
  const name = (bracketed ?? plain).toLowerCase();
  return isIP(name) !== 0 || name === 'localhost' || (publicHost !== null && name === publicHost);
}

function passOn(req: IncomingMessage, res: ServerResponse, ui: { host: string; port: number }): void {
  const { method, url, headers } = req;
  const onward = request({ host: ui.host, port: ui.port, method, path: url, headers }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(res);
    answer.on('error', () => res.destroy());
  });
  onward.on('error', () => {
    if (res.headersSent) res.destroy();
    else res.writeHead(502).end('The Temporal UI does not answer.');
  });
  res.on('close', () => onward.destroy());
  req.pipe(onward);
}

/** 421: this server is not who was asked for. */
function refuse(res: ServerResponse): void {
  res
    .writeHead(421, { 'content-type': 'text/plain' })
    .end('The Temporal UI is reached as localhost, 127.0.0.1, or the host of TEMPORAL_UI_URL.\n');
}
