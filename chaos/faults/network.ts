import { setTimeout as delay } from 'node:timers/promises';
import type { ProxyMode, TcpProxy } from '../../testing/tcp-proxy';
import type { Network } from '../instance/machine';
import type { Inject } from './arena';

const FLAP_MS = 400;

/** F6: again and again every call to Temporal breaks, so that some are carried out and their callers told otherwise. */
export const brokenCalls: Inject = ({ machine }, { holdMs }) =>
  flapping([networkOf(machine.network).temporal], holdMs);

/** F25: connections break, stand still, or lead nowhere. */
export const flappingNetwork: Inject = async ({ machine }, { variant, holdMs }) => {
  const { database, temporal } = networkOf(machine.network);
  switch (variant) {
    case 'database_resets':
      return flapping([database], holdMs);
    case 'all_reset':
      return flapping([database, temporal], holdMs);
    case 'database_holds':
      return inMode(database, 'hold', holdMs);
    case 'temporal_holds':
      return inMode(temporal, 'hold', holdMs);
    case 'temporal_vanishes':
      return inMode(temporal, 'black-hole', holdMs);
    default:
      throw new Error(`there is no flap called ${variant}`);
  }
};

function networkOf(network: Network | null): Network {
  if (network === null) throw new Error('the processes reach their servers directly');
  return network;
}

async function flapping(proxies: readonly TcpProxy[], holdMs: number): Promise<void> {
  const endsAtMs = Date.now() + holdMs;
  while (Date.now() < endsAtMs) {
    for (const mode of ['reset', 'pass'] as const) {
      for (const proxy of proxies) proxy.setMode(mode);
      await delay(FLAP_MS);
    }
  }
}

/** Bytes that a black hole has swallowed never come; the connections they belonged to end with it. */
async function inMode(proxy: TcpProxy, mode: ProxyMode, holdMs: number): Promise<void> {
  proxy.setMode(mode);
  await delay(holdMs);
  if (mode === 'black-hole') proxy.setMode('reset');
  proxy.setMode('pass');
}
