import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { BareServerJob } from './bare-server';
import type { Address } from './http-line';

export type BareServer = { readonly address: Address; stop(): Promise<void> };

/** Starts the yardstick in a process of its own. */
export async function startBareServer(job: BareServerJob): Promise<BareServer> {
  const child = fork(join(__dirname, 'bare-server.js'));
  const ended = once(child, 'exit').then(() => {
    throw new Error('The bare server ended before it listened.');
  });
  const listening = once(child, 'message').then(([port]) => Number(port));
  child.send(job);
  const port = await Promise.race([listening, ended]);
  return {
    address: { host: '127.0.0.1', port },
    stop: async () => {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}
