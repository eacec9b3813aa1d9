import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseConfig } from '../config/config';
import { variableNames } from '../config/variables';
import { type ComposeFile, type ComposeService, parseCompose, references } from './compose-file';
import { repositoryRoot } from './source-files';

/** An image name that means the same tomorrow: a version of at least two numbers, not a name such as latest. */
const PINNED = /^[a-z0-9./-]+:\d+(\.\d+)+(-[a-z0-9.]+)*$/;
const SECRET = /PASSWORD|PWD|SECRET|KEY|TOKEN/;
const OUR_PREFIX = /^(CLICKCHAIN_|TEMPORAL_|DATABASE_URL$)/;

type Rule = (name: string, service: ComposeService, file: ComposeFile) => readonly string[];

/**
 * What is wrong with a compose file, as sentences. `values` stand for the .env beside it; they must satisfy it, so an
 * unset one that it requires is reported too.
 */
export function composeProblems(text: string, values: Readonly<Record<string, string>>): string[] {
  const raw = parseCompose(text);
  const served = parseCompose(text, values);
  return [
    ...Object.entries(raw.services).flatMap(([name, service]) =>
      RAW_RULES.flatMap((rule) => rule(name, service, raw)),
    ),
    ...Object.entries(served.services).flatMap(([name, service]) =>
      SERVED_RULES.flatMap((rule) => rule(name, service, served)),
    ),
  ];
}

/** Whether the service runs our own image. */
export function isOurs(service: ComposeService): boolean {
  return service.build !== undefined;
}

/** Ends by itself; everything else runs until it is stopped. */
function isOneShot(service: ComposeService): boolean {
  return service.restart === 'no';
}

/** Of what stands in the file before any variable is put in. */
const RAW_RULES: readonly Rule[] = [
  (name, service) =>
    Object.entries(service.environment)
      .filter(([key]) => SECRET.test(key) || key === 'DATABASE_URL')
      .filter(([, value]) => !references(value).some((reference) => reference.isRequired))
      .map(([key]) => `${name}: ${key} must come from a variable that is required`),
  (name, service) =>
    references(JSON.stringify(service))
      .filter((reference) => SECRET.test(reference.name) && !reference.isRequired)
      .map((reference) => `${name}: ${reference.name} is a secret and has a default`),
];

/** Of what compose would run. */
const SERVED_RULES: readonly Rule[] = [
  (name, service) => (PINNED.test(service.image) ? [] : [`${name}: ${service.image} is not pinned`]),
  (name, service) => (isOurs(service) ? configurationProblems(name, service) : []),
  (name, service) => {
    if (isOneShot(service)) return [];
    return service.restart === 'unless-stopped' ? [] : [`${name}: nothing starts it again after a crash`];
  },
  (name, service) =>
    isOneShot(service) || hasHealthCheck(service) ? [] : [`${name}: nothing asks for its health`],
  dependencyProblems,
  (name, service) => (service.deploy.resources === undefined ? [`${name}: nothing limits its memory`] : []),
  (name, service) => {
    if (service.deploy.replicas === undefined) return [];
    const stuck = service.container_name !== undefined || service.ports.length > 0;
    return stuck ? [`${name}: a second one could not start beside a fixed name or port`] : [];
  },
  (name, service) =>
    service.ports
      .filter((port) => name !== 'proxy' && !port.startsWith('127.0.0.1:'))
      .map((port) => `${name}: ${port} is open to the world`),
  placeProblems,
];

function configurationProblems(name: string, { environment }: ComposeService): string[] {
  const known: ReadonlySet<string> = new Set(variableNames);
  const unknown = Object.keys(environment)
    .filter((key) => OUR_PREFIX.test(key) && !known.has(key))
    .map((key) => `${name}: ${key} is not a variable of config/variables.ts`);
  try {
    const config = parseConfig(environment);
    const missing = [
      ...(config.databaseUrl === null ? ['DATABASE_URL'] : []),
      ...(config.temporalAddress === null ? ['TEMPORAL_ADDRESS'] : []),
    ];
    return [...unknown, ...missing.map((key) => `${name}: ${key} is not set`)];
  } catch (error) {
    return [...unknown, `${name}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Our own image brings a health check; a service may replace it, or switch it off. */
function hasHealthCheck(service: ComposeService): boolean {
  if (service.healthcheck === undefined) return isOurs(service);
  return !service.healthcheck.disable && service.healthcheck.test !== undefined;
}

function dependencyProblems(name: string, service: ComposeService, file: ComposeFile): string[] {
  return Object.entries(service.depends_on).flatMap(([needed, { condition }]) => {
    const target = file.services[needed];
    if (target === undefined) return [`${name}: depends on ${needed}, which does not exist`];
    const canBeMet =
      condition === 'service_healthy'
        ? hasHealthCheck(target) && !isOneShot(target)
        : condition === 'service_completed_successfully' && isOneShot(target);
    return canBeMet ? [] : [`${name}: ${needed} never becomes ${condition}`];
  });
}

function placeProblems(name: string, service: ComposeService, file: ComposeFile): string[] {
  const networks = service.networks.filter((network) => !(network in file.networks));
  const sources = service.volumes.map((volume) => volume.split(':')[0] ?? '');
  const missing = sources.filter((source) =>
    source.startsWith('.') ? !existsSync(path.join(repositoryRoot, source)) : !(source in file.volumes),
  );
  return [
    ...(service.networks.length === 0 ? [`${name}: is on no named network`] : []),
    ...networks.map((network) => `${name}: there is no network ${network}`),
    ...missing.map((source) => `${name}: there is no ${source}`),
  ];
}
