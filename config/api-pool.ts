type Shares = { readonly apiProcesses: number; readonly apiConnections: number };

/** Enough for a burst of requests, few enough that several API processes fit a Postgres of 100 connections. */
const LARGEST_POOL = 16;
/** Two lanes of clicks and two of impressions, apart from everything that may take longer. */
export const CLICK_CONNECTIONS = 4;
/** Below this, the lanes of events would leave nothing for a report. */
const SMALLEST_POOL = 4;
/** Each process listens for changes of its campaigns on a connection outside its pool. */
const LISTENERS = 1;

/** The largest pool with which all API processes together stay within their connections to Postgres. */
export function apiPoolSize({ apiProcesses, apiConnections }: Shares): number {
  return Math.min(LARGEST_POOL, Math.floor(apiConnections / apiProcesses) - LISTENERS - CLICK_CONNECTIONS);
}

/** What is wrong with the two numbers, as a sentence; null when they fit. */
export function apiPoolProblem(shares: Shares): string | null {
  if (apiPoolSize(shares) >= SMALLEST_POOL) return null;
  const needed = shares.apiProcesses * (SMALLEST_POOL + LISTENERS + CLICK_CONNECTIONS);
  return `CLICKCHAIN_API_CONNECTIONS: expected at least ${needed} for ${shares.apiProcesses} API processes, got ${shares.apiConnections}`;
}
