import { join } from 'node:path';
import { type Config, urlHost } from '../config/config';
import { API_NODE_FLAGS } from '../config/node-flags';
import { toEnvironment } from '../config/to-environment';
import { untilAborted } from './abortable';
import { untilReady } from './api-readiness';
import { clearForkedOrphans, startForkedChild } from './forked-child';
import { type InstanceInfo, readInstanceFile, setAsideDamagedInstanceFile } from './instance-file';
import { logSize, logTrouble, readLogSince, shortenLogs } from './log-file';
import { LostJourneys, rebuildFrom } from './lost-journeys';
import { freePort, isPortFree } from './ports';
import { ensureDatabase, postgresLogFile, startPostgres } from './postgres/server';
import { type PreparedDatabase, prepareDatabase } from './prepare-database';
import type { Reporter } from './progress';
import { quietly } from './quietly';
import { StatusFile } from './status-file';
import { createSupervisor, type RunningUnit, type Supervisor } from './supervisor';
import { findTemporalCli } from './temporal/find-cli';
import {
  isServing,
  startTemporal,
  type TemporalServer,
  temporalFolder,
  temporalLogFile,
} from './temporal/server';

export interface StartOptions {
  /** Gives up between two steps, or in the middle of a long one, and stops what was started. */
  readonly signal?: AbortSignal;
  /** Where the compiled sources are; by default next to this file. */
  readonly distDir?: string;
  /** For tests of the process handling alone. */
  readonly prepareDatabase?: typeof prepareDatabase;
  readonly rebuildJourneys?: typeof rebuildFrom;
}

const databaseName = 'clickchain';

const shortenLogsEveryMs = 60_000;

const noPids = { supervisor: null, api: null, worker: null, postgres: null, temporal: null };

/** One start: what is known so far, and the steps that find out more. */
export class Boot {
  readonly supervisor: Supervisor;
  private readonly dataDir: string;
  private readonly previous: InstanceInfo | null;
  private readonly distDir: string;
  private readonly status: StatusFile;
  private readonly lostJourneys: LostJourneys;
  private readonly logCare: NodeJS.Timeout;
  private readonly entries: { readonly api: string; readonly worker: string };
  private databaseUrl = '';
  private temporalAddress = '';
  private temporalUiUrl: string;
  private port = 0;
  private sinkPort = 0;
  private prepared: PreparedDatabase | null = null;
  private running = false;

  constructor(
    private readonly config: Config,
    private readonly reporter: Reporter,
    private readonly options: StartOptions,
  ) {
    this.dataDir = config.dataDir;
    this.previous = readInstanceFile(this.dataDir);
    this.temporalUiUrl = config.temporalUiUrl;
    this.distDir = options.distDir ?? join(__dirname, '..');
    this.entries = {
      api: join(this.distDir, 'api', 'server.js'),
      worker: join(this.distDir, 'workers', 'main.js'),
    };
    this.supervisor = createSupervisor({ reporter, onChange: () => this.writeInfo() });
    this.status = new StatusFile(this.dataDir, reporter);
    this.lostJourneys = new LostJourneys({
      folder: temporalFolder(this.dataDir),
      reporter,
      rebuild: (signal) => (options.rebuildJourneys ?? rebuildFrom)(this.databaseUrl, signal),
    });
    const logs = join(this.dataDir, 'logs');
    this.logCare = setInterval(() => quietly(() => shortenLogs(logs)), shortenLogsEveryMs).unref();
  }

  async run(): Promise<InstanceInfo> {
    this.sayWhatIsAmiss();
    await clearForkedOrphans(Object.values(this.entries), this.dataDir);
    await this.choosePorts();
    await this.startPostgres();
    await this.startTemporal();
    this.prepared = await this.step('Database schema', async (update) => {
      const prepared = await (this.options.prepareDatabase ?? prepareDatabase)(
        this.databaseUrl,
        this.config.adminKey,
        update,
      );
      update(prepared.applied.length === 0 ? 'up to date' : `${prepared.applied.length} migrations applied`);
      return prepared;
    });
    // A new key exists in clear nowhere else.
    this.writeInfo();
    if (this.config.temporalAddress === null) this.lostJourneys.startAgain();
    await this.step('Worker', () =>
      this.supervisor.start({ name: 'worker', start: () => this.fork('worker') }),
    );
    await this.step('API', () => this.startApi());
    this.running = true;
    this.writeInfo();
    return this.info();
  }

  async stop(): Promise<void> {
    clearInterval(this.logCare);
    await this.lostJourneys.stop();
    await this.supervisor.stop();
    if (this.running) this.status.write({ ...this.info(), pids: noPids });
    this.status.stop();
    this.running = false;
  }

  /** What keeps nothing from starting, but people should know. */
  private sayWhatIsAmiss(): void {
    const trouble = logTrouble(join(this.dataDir, 'logs'));
    if (trouble !== null) this.reporter.line(`  Logs cannot be written and are lost: ${trouble}`);
    const aside = setAsideDamagedInstanceFile(this.dataDir);
    if (aside !== null) this.reporter.line(`  instance.json was damaged; it is kept as ${aside}`);
  }

  /** Runs a step unless, and only until, the start is given up. */
  private step<Result>(
    name: string,
    work: (update: (detail: string) => void) => Promise<Result>,
  ): Promise<Result> {
    const { signal } = this.options;
    return this.reporter.step(name, (update) => untilAborted(signal, () => work(update)));
  }

  private async choosePorts(): Promise<void> {
    const { host, port, sinkPort } = this.config;
    if (port !== 0 && !(await isPortFree(port, host))) {
      throw new Error(`Port ${port} on ${host} belongs to another program. Stop it, or set CLICKCHAIN_PORT.`);
    }
    const lastPort = this.previous === null ? 0 : Number(new URL(this.previous.apiUrl).port);
    this.port =
      port !== 0 ? port : lastPort !== 0 && (await isPortFree(lastPort, host)) ? lastPort : await freePort();
    this.sinkPort = sinkPort !== 0 ? sinkPort : (this.previous?.sinkPort ?? (await freePort()));
  }

  private async startPostgres(): Promise<void> {
    if (this.config.databaseUrl !== null) {
      this.databaseUrl = this.config.databaseUrl;
      return;
    }
    const start = async (): Promise<RunningUnit> => {
      const server = await startPostgres({ dataDir: this.dataDir, logFile: postgresLogFile(this.dataDir) });
      for (const note of server.notes) this.reporter.line(`  ${note}`);
      try {
        await ensureDatabase(server, databaseName);
      } catch (error) {
        await server.stop();
        throw error;
      }
      const before = this.databaseUrl;
      this.databaseUrl = server.url(databaseName);
      this.followMove(before, this.databaseUrl);
      return server;
    };
    await this.step('Postgres', () => this.supervisor.start({ name: 'postgres', start }));
  }

  private async startTemporal(): Promise<void> {
    const { temporalAddress, temporalNamespace: namespace, temporalCliPath } = this.config;
    if (temporalAddress !== null) {
      this.temporalAddress = temporalAddress;
      const reached = await this.step('Temporal', () => isServing(temporalAddress, namespace));
      // Clicks and events are accepted without it, so its absence is no reason not to start.
      if (!reached) this.reporter.line(`  ${temporalAddress} does not answer for namespace ${namespace} yet`);
      return;
    }
    const cli = await this.step('Temporal program', (update) => {
      return findTemporalCli({ explicitPath: temporalCliPath }, update);
    });
    let last: TemporalServer | null = null;
    const start = async (): Promise<RunningUnit> => {
      const damage = last?.damage() ?? null;
      last = null;
      const server = await startTemporal({
        dataDir: this.dataDir,
        program: cli.path,
        logFile: temporalLogFile(this.dataDir),
        uiPort: this.config.temporalUiPort,
        uiHost: new URL(this.config.temporalUiUrl).hostname,
        namespace,
        damage,
      });
      last = server;
      for (const note of server.notes) this.reporter.line(`  ${note}`);
      const before = this.temporalAddress;
      this.temporalAddress = server.address;
      this.followMove(before, this.temporalAddress);
      // An explicit TEMPORAL_UI_URL is an address from outside, a proxy for instance, and stays.
      if (this.config.temporalUiUrl === `http://127.0.0.1:${this.config.temporalUiPort}`) {
        this.temporalUiUrl = `http://127.0.0.1:${server.uiPort}`;
      }
      // At the first start the schema comes first.
      if (this.prepared !== null) this.lostJourneys.startAgain();
      return server;
    };
    await this.step('Temporal', () => this.supervisor.start({ name: 'temporal', start }));
  }

  /** A server that came back elsewhere, because its port was taken meanwhile, is found only by restarted clients. */
  private followMove(before: string, now: string): void {
    if (before === '' || before === now) return;
    void this.supervisor.restart('worker');
    void this.supervisor.restart('api');
  }

  private async fork(name: 'api' | 'worker'): Promise<RunningUnit> {
    return startForkedChild({
      entry: this.entries[name],
      preload: join(this.distDir, 'embedded', 'parent-watch.js'),
      nodeFlags: name === 'api' ? API_NODE_FLAGS : [],
      env: this.childEnvironment(),
      dataDir: this.dataDir,
      logFile: this.logFile(name),
    });
  }

  private async startApi(): Promise<void> {
    const logStart = logSize(this.logFile('api'));
    const api = await this.supervisor.start({ name: 'api', start: () => this.fork('api') });
    const over = new AbortController();
    const { signal } = this.options;
    const patience = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
    const ended = api.exited.then((reason) => `it ended (${reason})`);
    const failure = await Promise.race([ended, untilReady(`${this.localUrl()}/readyz`, patience)]);
    over.abort();
    if (failure === null) return;
    const log = readLogSince(this.logFile('api'), logStart);
    throw new Error(`The API did not become ready: ${failure}\n${log}\n(log: ${this.logFile('api')})`);
  }

  private logFile(name: string): string {
    return join(this.dataDir, 'logs', `${name}.log`);
  }

  private localUrl(): string {
    return `http://${urlHost(this.config.host)}:${this.port}`;
  }

  private publicUrl(): string {
    const { config } = this;
    return config.publicUrl === `http://${urlHost(config.host)}:${config.port}`
      ? this.localUrl()
      : config.publicUrl;
  }

  private childEnvironment(): NodeJS.ProcessEnv {
    const foreign = Object.entries(process.env).filter(
      ([name]) => !/^(CLICKCHAIN_|TEMPORAL_|DATABASE_URL$)/.test(name),
    );
    const config: Config = {
      ...this.config,
      port: this.port,
      publicUrl: this.publicUrl(),
      sinkPort: this.sinkPort,
      databaseUrl: this.databaseUrl,
      temporalAddress: this.temporalAddress,
      temporalUiUrl: this.temporalUiUrl,
      allowedSink: this.config.allowedSink ?? `127.0.0.1:${this.sinkPort}`,
      // It is in the database by now, as a hash.
      adminKey: null,
    };
    return { ...Object.fromEntries(foreign), ...toEnvironment(config) };
  }

  private info(): InstanceInfo {
    const sameWorkspace = this.previous?.workspaceId === this.prepared?.workspaceId;
    const pids = this.supervisor.pids();
    return {
      apiUrl: this.localUrl(),
      docsUrl: `${this.localUrl()}/docs`,
      temporalUiUrl: this.temporalUiUrl,
      temporalAddress: this.temporalAddress,
      temporalNamespace: this.config.temporalNamespace,
      databaseUrl: this.databaseUrl,
      workspaceId: this.prepared?.workspaceId ?? '',
      adminKey:
        this.config.adminKey ??
        this.prepared?.adminKey ??
        (sameWorkspace ? (this.previous?.adminKey ?? null) : null),
      sinkPort: this.sinkPort,
      pids: {
        supervisor: process.pid,
        api: pids.api ?? null,
        worker: pids.worker ?? null,
        postgres: pids.postgres ?? null,
        temporal: pids.temporal ?? null,
      },
    };
  }

  /** As soon as the key is known it must not be lost, so the file is written before the API is ready, too. */
  private writeInfo(): void {
    if (this.prepared !== null) this.status.write(this.info());
  }
}
