import type { WorkspaceId } from './ids';

/** What stands after `/c/` in the link of a campaign that says whose it is; a slug alone is a short link. */
export function fullLink(workspaceId: WorkspaceId, slug: string): string {
  return `${workspaceId}/${slug}`;
}

/**
 * What a link means on a host: on one that belongs to a workspace only its campaigns, whichever way they are named, and
 * elsewhere what stands there. Null for a link of another workspace, which would lend it the host's name.
 */
export function linkOnHost(link: string, owner: WorkspaceId | null): string | null {
  if (owner === null) return link;
  if (!link.includes('/')) return fullLink(owner, link);
  return link.startsWith(fullLink(owner, '')) ? link : null;
}

/** The name in a Host header, or one that somebody typed: lower case, without port and closing dot; null when it is none. */
export function hostName(text: string): string | null {
  const name = text
    .trim()
    .toLowerCase()
    .replace(/:\d{1,5}$/, '')
    .replace(/\.$/, '');
  return /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(name) ? name : null;
}
