/** The cookies of one visitor on one host. Attributes are not interpreted: a visit lasts seconds. */
export type CookieJar = {
  /** Takes over what a `Set-Cookie` header says. */
  store(header: string | string[] | undefined): void;
  /** The `Cookie` header to send, or null when there is nothing to send. */
  header(): string | null;
};

export function createCookieJar(): CookieJar {
  const cookies = new Map<string, string>();
  return {
    store: (header) => {
      for (const line of header === undefined ? [] : [header].flat()) {
        const pair = line.split(';', 1)[0] ?? '';
        const equals = pair.indexOf('=');
        if (equals > 0) cookies.set(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim());
      }
    },
    header: () =>
      cookies.size === 0 ? null : [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
  };
}
