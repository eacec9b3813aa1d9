import { z } from 'zod';
import { cidr, commaList, flag, hostPort, httpUrl, postgresUrl, tcpPort, text } from './value-types';

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
    schema: text().min(24),
    doc: {
      about: 'The first admin key. Without it, one is made at the first start and printed.',
      expects: 'at least 24 characters',
      secret: true,
    },
  },
  CLICKCHAIN_ALLOW_PRIVATE_DESTINATIONS: {
    schema: flag(),
    doc: {
      about:
        'Lets postbacks reach loopback and private addresses. Leave it off wherever others can create destinations.',
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
  DATABASE_URL: {
    schema: postgresUrl(),
    doc: {
      about: 'PostgreSQL 16 or newer to use instead of the embedded one.',
      expects: 'a postgres:// or postgresql:// URL',
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
