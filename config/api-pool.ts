type Shares = { readonly apiProcesses: number; readonly apiConnections: number };

/**
 * The connections of one API process, by what they are for. None of them lends the others any: whoever asks for
 * reports can use up those of reads, and nothing else.
 */
export type ApiPools = {
  /** Events and everything that has to be looked up for them. */
  readonly intake: number;
  /** Set-up, decisions and payouts; probes. */
  readonly setUp: number;
  /** Lists, reports and everything else that is only read. */
  readonly reads: number;
};

/** Enough for a burst of requests, few enough that several API processes fit a Postgres of 100 connections. */
const LARGEST: ApiPools = { intake: 6, setUp: 4, reads: 8 };
/** Two of each, so that one that is held for long leaves another. */
const SMALLEST_POOL = 2;
/** Two lanes of clicks and two of impressions, apart from everything that may take longer. */
export const CLICK_CONNECTIONS = 4;
/** Each process listens for changes of its campaigns on a connection outside its pools. */
const LISTENERS = 1;

/** The largest pools with which all API processes together stay within their connections to Postgres. */
export function apiPools(shares: Shares): ApiPools {
  const left = connectionsLeft(shares);
  const setUp = between(SMALLEST_POOL, Math.floor(left / 4), LARGEST.setUp);
  const intake = between(SMALLEST_POOL, Math.floor(left / 3), LARGEST.intake);
  return { intake, setUp, reads: Math.min(LARGEST.reads, left - intake - setUp) };
}

/** What is wrong with the two numbers, as a sentence; null when they fit. */
export function apiPoolProblem(shares: Shares): string | null {
  if (apiPools(shares).reads >= SMALLEST_POOL) return null;
  const needed = shares.apiProcesses * (3 * SMALLEST_POOL + LISTENERS + CLICK_CONNECTIONS);
  return `CLICKCHAIN_API_CONNECTIONS: expected at least ${needed} for ${shares.apiProcesses} API processes, got ${shares.apiConnections}`;
}

/** What a process may share out among its pools. */
function connectionsLeft({ apiProcesses, apiConnections }: Shares): number {
  return Math.floor(apiConnections / apiProcesses) - LISTENERS - CLICK_CONNECTIONS;
}

function between(least: number, wanted: number, most: number): number {
  return Math.max(least, Math.min(wanted, most));
}
