/** The regular expression of RFC 3986, appendix B: it splits every string and refuses none. */
const APPENDIX_B = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

export type UriAuthority = {
  readonly scheme: string | null;
  readonly userInfo: string | null;
  readonly host: string;
  readonly port: string | null;
};

/**
 * Where a URI leads by RFC 3986, read in another way than WHATWG's parser reads it: what only one of the two takes for
 * the host is how redirects are smuggled. Null without an authority.
 */
export function uriAuthority(uri: string): UriAuthority | null {
  const [, scheme = null, authority] = APPENDIX_B.exec(uri) ?? [];
  if (authority === undefined) return null;
  const at = authority.lastIndexOf('@');
  const [, host = '', port = null] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(authority.slice(at + 1)) ?? [];
  return { scheme, userInfo: at < 0 ? null : authority.slice(0, at), host, port };
}
