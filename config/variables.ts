import { z } from 'zod';
import {
  cidr,
  commaList,
  flag,
  hostPort,
  httpUrl,
  ownSecret,
  postgresUrl,
  redisUrl,
  tcpPort,
  text,
  wholeNumber,
} from './value-types';

export const workerRoles = ['journeys', 'postbacks', 'relay', 'sweep'] as const;
export type WorkerRole = (typeof workerRoles)[number];

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What the documentation says about one environment variable. */
export interface VariableDoc {
  /** One sentence: what the variable does. */
  readonly about: string;
  /** What a valid value looks like; used in errors and in the documentation. */
  readonly expects: string;
  /** The default as a user would write it; absent when there is none. */
  readonly default?: string;
  /** Values that must never be echoed into a log. */
  readonly secret?: boolean;
  /** Set by `clickchain start` for the processes it supervises; not meant for users. */
  readonly internal?: boolean;
}

/**
 * Every environment variable that Clickchain reads, with its type and its documentation. An unset or empty variable
 * takes the default; a schema sees only text.
 */
export const variables = {
  CLICKCHAIN_DATA_DIR: {
    schema: text(),
    doc: {
      about: 'Folder that holds all state of an embedded instance: databases, logs, keys.',
      expects: 'a path, absolute or relative to the working directory',
      default: '.clickchain',
    },
  },
  CLICKCHAIN_HOST: {
    schema: text(),
    doc: {
      about: 'Address on which the API listens.',
      expects: 'a host name or IP address; `0.0.0.0` for all interfaces',
      default: '127.0.0.1',
    },
  },
  CLICKCHAIN_PORT: {
    schema: tcpPort(),
    doc: {
      about: 'Port on which the API listens.',
      expects: 'a port from 0 to 65535 (0 picks a free one)',
      default: '8080',
    },
  },
  CLICKCHAIN_PUBLIC_URL: {
    schema: httpUrl(),
    doc: {
      about:
        'Address under which browsers and partners reach the API. With https, cookies are marked Secure. Without it, `http://<host>:<port>` is used.',
      expects: 'an http or https URL',
    },
  },
  CLICKCHAIN_ADMIN_KEY: {
    schema: ownSecret(24),
    doc: {
      about: 'The first admin key. Without it, one is made at the first start and printed.',
      expects: 'at least 24 characters, and no example',
      secret: true,
    },
  },
  CLICKCHAIN_ALLOW_PRIVATE_DESTINATIONS: {
    schema: flag(),
    doc: {
      about:
        'Lets postbacks reach loopback and private addresses, but never those where clouds keep credentials. Leave it off wherever others can create destinations.',
      expects: '`true` or `false`',
      default: 'false',
    },
  },
  CLICKCHAIN_SINK_PORT: {
    schema: tcpPort(),
    doc: {
      about:
        'Loopback port of the simulator’s own destination; an embedded instance lets postbacks reach exactly this one.',
      expects: 'a port from 0 to 65535 (0 picks a free one)',
      default: '8090',
    },
  },
  CLICKCHAIN_TRUSTED_PROXIES: {
    schema: commaList(cidr()),
    doc: {
      about:
        'Proxies whose `X-Forwarded-For` is believed. From anyone else the address of the socket counts.',
      expects: 'IP addresses or CIDR ranges, separated by commas',
      default: '',
    },
  },
  CLICKCHAIN_API_PROCESSES: {
    schema: wholeNumber(1, 64),
    doc: {
      about:
        'Processes in which the API serves, behind one port and under one supervisor. One uses about one core.',
      expects: 'a number from 1 to 64',
      default: '1',
    },
  },
  CLICKCHAIN_API_CONNECTIONS: {
    schema: wholeNumber(1, 10_000),
    doc: {
      about:
        'Connections to Postgres that the API may hold, shared by its processes; each takes 23 at most and needs 11.',
      expects: 'a number from 1 to 10000',
      default: '92',
    },
  },
  CLICKCHAIN_CLICKS_PER_SECOND: {
    schema: wholeNumber(0, 1_000_000),
    doc: {
      about:
        'Clicks, impressions and pixels that are let in per second, shared by the processes; more are answered 503 at once.',
      expects: 'a number from 0 to 1000000 (0 for no limit)',
      default: '0',
    },
  },
  CLICKCHAIN_MAX_LOOP_LAG_MS: {
    schema: wholeNumber(0, 60_000),
    doc: {
      about:
        'How late the event loop of an API process may be on average before new requests are answered 503 at once; from half of it on, an address has a tenth of its share.',
      expects: 'milliseconds from 0 to 60000 (0 for no limit)',
      default: '200',
    },
  },
  CLICKCHAIN_KEY_REQUESTS_PER_MINUTE: {
    schema: wholeNumber(0, 1_000_000),
    doc: {
      about:
        'Requests to `/v1` that one API key may make per minute, each 2 kB of a body one; more are answered 429.',
      expects: 'a number from 0 to 1000000 (0 for no limit)',
      default: '12000',
    },
  },
  CLICKCHAIN_KEY_EVENTS_PER_SECOND: {
    schema: wholeNumber(0, 1_000_000),
    doc: {
      about:
        'Events that one API key or signing source may report per second, each 2 kB of a body one; more are answered 429.',
      expects: 'a number from 0 to 1000000 (0 for no limit)',
      default: '1000',
    },
  },
  CLICKCHAIN_ADDRESS_REQUESTS_PER_SECOND: {
    schema: wholeNumber(0, 1_000_000),
    doc: {
      about:
        'Clicks, impressions, pixels, public reports and requests that prove nobody which one address may send per second and process, each 2 kB one; more are answered 429.',
      expects: 'a number from 0 to 1000000 (0 for no limit)',
      default: '300',
    },
  },
  CLICKCHAIN_ADDRESS_AUTH_FAILURES_PER_MINUTE: {
    schema: wholeNumber(0, 1_000_000),
    doc: {
      about:
        'Wrong keys and signatures that one address may send per minute and process; then keys that were not seen before are answered 429.',
      expects: 'a number from 0 to 1000000 (0 for no limit)',
      default: '60',
    },
  },
  CLICKCHAIN_REDIS_URL: {
    schema: redisUrl(),
    doc: {
      about:
        'Redis in which several API instances count requests per key together. Without it, and while it is away, each instance counts alone.',
      expects: 'a redis:// or rediss:// URL',
      secret: true,
    },
  },
  CLICKCHAIN_LOG_LEVEL: {
    schema: z.enum(logLevels),
    doc: {
      about: 'Least severe level that is logged.',
      expects: `one of ${logLevels.map((level) => `\`${level}\``).join(', ')}`,
      default: 'info',
    },
  },
  CLICKCHAIN_ALLOWED_SINK: {
    schema: hostPort(),
    doc: {
      about: 'The one private address that postbacks may reach although private destinations are off.',
      expects: '`host:port`',
      internal: true,
    },
  },
  CLICKCHAIN_WORKER_ROLES: {
    schema: commaList(z.enum(workerRoles)).refine((roles) => roles.length > 0),
    doc: {
      about: 'What this worker process does; several processes can share the roles.',
      expects: `any of ${workerRoles.map((role) => `\`${role}\``).join(', ')}, separated by commas`,
      default: workerRoles.join(','),
    },
  },
  CLICKCHAIN_METRICS_PORT: {
    schema: tcpPort(),
    doc: {
      about: 'Port on which a worker serves Prometheus metrics. Without it, a worker serves none.',
      expects: 'a port from 0 to 65535 (0 picks a free one)',
    },
  },
  CLICKCHAIN_RELAY_STARTS_PER_SECOND: {
    schema: wholeNumber(1, 100_000),
    doc: {
      about:
        'Journeys that a relay starts in a second, at most, so that a backlog of clicks leaves Temporal enough room for events. Temporal on two cores takes about 300; several relays add up.',
      expects: 'a whole number from 1 to 100000',
      default: '100',
    },
  },
  CLICKCHAIN_RELAY_STARTS_CONCURRENCY: {
    schema: wholeNumber(1, 1_000),
    doc: {
      about: 'Journeys that a relay starts at once.',
      expects: 'a whole number from 1 to 1000',
      default: '4',
    },
  },
  CLICKCHAIN_FAULT_POINTS: {
    schema: text(),
    doc: {
      about:
        'Folder in which a chaos run arms the points at which a process kills itself. Refused where NODE_ENV is `production`.',
      expects: 'a path',
      internal: true,
    },
  },
  DATABASE_URL: {
    schema: postgresUrl(),
    doc: {
      about: 'PostgreSQL 16 or newer to use instead of the embedded one.',
      expects: 'a postgres:// or postgresql:// URL; off this machine, with a password that is no example',
      secret: true,
    },
  },
  TEMPORAL_ADDRESS: {
    schema: hostPort(),
    doc: { about: 'Temporal server to use instead of the embedded one.', expects: '`host:port`' },
  },
  TEMPORAL_NAMESPACE: {
    schema: text(),
    doc: { about: 'Temporal namespace of the journeys.', expects: 'a name', default: 'default' },
  },
  TEMPORAL_UI_PORT: {
    schema: tcpPort(),
    doc: {
      about:
        'Port of the embedded Temporal Web UI. If another program holds it, the next free port is taken and printed.',
      expects: 'a port from 0 to 65535 (0 picks a free one)',
      default: '8233',
    },
  },
  TEMPORAL_UI_URL: {
    schema: httpUrl(),
    doc: {
      about:
        'Address of the Temporal Web UI in links. Without it, `http://127.0.0.1:<TEMPORAL_UI_PORT>` is used.',
      expects: 'an http or https URL',
    },
  },
  TEMPORAL_CLI_PATH: {
    schema: text(),
    doc: {
      about: 'The `temporal` program to run as embedded server.',
      expects: 'a path to an executable file',
    },
  },
  TEMPORAL_TEST_SERVER_PATH: {
    schema: text(),
    doc: {
      about: 'The time-skipping Temporal test server; used by the tests only.',
      expects: 'a path to an executable file',
    },
  },
} as const satisfies Record<string, { schema: z.ZodType<unknown, string>; doc: VariableDoc }>;

export type VariableName = keyof typeof variables;

export const variableNames = Object.keys(variables) as readonly VariableName[];
