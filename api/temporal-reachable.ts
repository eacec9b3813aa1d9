import { connect } from 'node:net';

const CONNECT_WITHIN_MS = 500;

/** Whether the address (`host:port`) accepts a TCP connection now. False when there is no address. */
export function isTemporalReachable(address: string | null): Promise<boolean> {
  if (address === null) return Promise.resolve(false);
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(address.slice(colon + 1)) });
    const answer = (reachable: boolean): void => {
      socket.destroy();
      resolve(reachable);
    };
    socket.setTimeout(CONNECT_WITHIN_MS, () => answer(false));
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
