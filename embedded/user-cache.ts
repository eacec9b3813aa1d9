import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where programs fetched once are kept for all checkouts of this user. Not created here. */
export function userCacheDir(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const xdg = env.XDG_CACHE_HOME;
  if (xdg?.startsWith('/')) return join(xdg, 'clickchain');
  const local = env.LOCALAPPDATA;
  if (process.platform === 'win32' && local !== undefined) return join(local, 'clickchain', 'cache');
  return join(homedir(), '.cache', 'clickchain');
}
