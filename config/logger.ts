import pino, { type DestinationStream, type Logger } from 'pino';
import { createLogOutput } from './log-output';

const SECRET_NAMES = [
  'authorization',
  'cookie',
  'set-cookie',
  'key',
  'secret',
  'adminKey',
  'databaseUrl',
  'password',
];

/** The names, at the top and two levels down, where our own log objects end. */
const REDACTED_PATHS = SECRET_NAMES.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);

// JSON escapes the C0 controls only. A terminal obeys these too, and some readers break a line at the last two.
const UNESCAPED_CONTROLS = /[\u007f-\u009f\u2028\u2029]/g;

/**
 * What has the form of a key or a signing secret of ours, wherever it stands: in a path that somebody has mistyped, in a
 * URL, in an error's text. Also as a URL spells it, and behind an escaped character; "check_" and "postback_" are none.
 */
const KEY_OF_OURS =
  /(?:(?<![a-z0-9])|(?<=%[0-9a-f]{2}|\\(?:[nrtbf]|u[0-9a-f]{4})))(ck|whsec)(?:_|%5f)(?:[\w+/=-]|%2[bf]|%3d){16,}/gi;

/**
 * Where Postgres quotes what it refuses: whole rows with their secrets, addresses and names. Which constraint it was,
 * and of which table, stays.
 */
const QUOTING_FIELDS: readonly string[] = ['detail', 'where', 'internalQuery'];

/** An error as it may be written; `severity` tells those that Postgres has reported. */
function writtenError(error: Error): object {
  const written = Object.entries(pino.stdSerializers.err(error));
  const isOfPostgres = written.some(([name, value]) => name === 'severity' && typeof value === 'string');
  return Object.fromEntries(written.filter(([name]) => !isOfPostgres || !QUOTING_FIELDS.includes(name)));
}

/**
 * The process's log: one JSON object per line on standard output, secrets replaced by their names and by their form,
 * control characters escaped. Whatever becomes of the output, the process goes on.
 */
export function createLogger(
  options: { level: string; name: string },
  destination: DestinationStream = standardOutput(options.name),
): Logger {
  const settings = {
    name: options.name,
    level: options.level,
    serializers: { err: writtenError },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: { streamWrite: (text: string) => withoutKeys(text).replace(UNESCAPED_CONTROLS, escaped) },
  };
  return pino(settings, destination);
}

const STANDARD_OUTPUT = 1;

function standardOutput(name: string): DestinationStream {
  const lossLine = (lost: number, reason: string): string => {
    const line = { level: pino.levels.values.warn, time: new Date().toISOString(), pid: process.pid, name };
    return `${JSON.stringify({ ...line, lost, reason, msg: 'log lines were lost' })}\n`;
  };
  return createLogOutput({ fd: STANDARD_OUTPUT, lossLine });
}

function withoutKeys(text: string): string {
  return text.replace(KEY_OF_OURS, '$1_[hidden]');
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
