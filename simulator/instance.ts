import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const instanceFile = z.looseObject({
  apiUrl: z.url(),
  docsUrl: z.url(),
  temporalUiUrl: z.url().nullish(),
  temporalNamespace: z.string().min(1).nullish(),
  adminKey: z.string().min(1).nullable(),
  sinkPort: z.int().min(1).max(65_535),
});

/** Where a running instance is found and how to enter. URLs have no trailing slash. */
export type Instance = {
  apiUrl: string;
  docsUrl: string;
  temporalUiUrl: string | null;
  temporalNamespace: string;
  adminKey: string;
  sinkPort: number;
};

export type FoundInstance = { found: true; instance: Instance } | { found: false; advice: string };

const DEFAULT_SINK_PORT = 8090;
const DEFAULT_NAMESPACE = 'default';

/**
 * Reads what the start wrote into `<dataDir>/instance.json`; `url` and `adminKey` win over it, and both together
 * need no file. When there is nothing to read, `advice` says in one sentence what to do.
 */
export async function findInstance(options: {
  dataDir: string;
  url?: string | undefined;
  adminKey?: string | undefined;
}): Promise<FoundInstance> {
  const file = path.join(options.dataDir, 'instance.json');
  const written = await readFile(file, 'utf8').catch(() => null);
  const { url, adminKey } = options;
  if (written === null) {
    if (url === undefined || adminKey === undefined) return missing(`no ${file} was found`);
    const apiUrl = withoutSlash(url);
    const docsUrl = `${apiUrl}/docs`;
    return {
      found: true,
      instance: {
        apiUrl,
        docsUrl,
        temporalUiUrl: null,
        temporalNamespace: DEFAULT_NAMESPACE,
        adminKey,
        sinkPort: DEFAULT_SINK_PORT,
      },
    };
  }
  const parsed = instanceFile.safeParse(parse(written));
  if (!parsed.success)
    return missing(`${file} is not complete (${parsed.error.issues[0]?.path.join('.') || 'no JSON object'})`);
  const { data } = parsed;
  const key = adminKey ?? data.adminKey;
  if (key === null) {
    return { found: false, advice: `${file} holds no admin key: name one with --admin-key.` };
  }
  return {
    found: true,
    instance: {
      apiUrl: withoutSlash(url ?? data.apiUrl),
      docsUrl: url === undefined ? data.docsUrl : `${withoutSlash(url)}/docs`,
      temporalUiUrl: data.temporalUiUrl ? withoutSlash(data.temporalUiUrl) : null,
      temporalNamespace: data.temporalNamespace ?? DEFAULT_NAMESPACE,
      adminKey: key,
      sinkPort: data.sinkPort,
    },
  };
}

/** The one sentence for everybody who runs the simulator first. */
export function adviceToStart(reason: string): string {
  return `No running instance: ${reason}. Start one with "npm start" in another terminal, then run this again.`;
}

function missing(reason: string): FoundInstance {
  return { found: false, advice: adviceToStart(reason) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
