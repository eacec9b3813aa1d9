import type { Environment } from '../config/config';
import type { Db } from '../db/knex';
import type { InstanceInfo } from '../embedded/instance-file';
import type { Api } from '../simulator/api';
import type { HttpClient } from '../simulator/http-client';
import type { Output } from '../simulator/output';
import type { Address } from './load/http-line';
import type { Target } from './output/target';

/** One part of the measurement: it starts what it needs, measures, and says what came out. */
export type Section = {
  readonly name: string;
  readonly title: string;
  run(context: SectionContext): Promise<Findings>;
};

export type Findings = {
  /** The table for people. */
  readonly lines: readonly string[];
  readonly targets: readonly Target[];
  /** Everything that was measured, for the file. */
  readonly figures: Readonly<Record<string, unknown>>;
};

export type SectionContext = {
  /** A smoke run: everything is tried, and no figure means anything. */
  readonly quick: boolean;
  readonly output: Output;
  readonly signal: AbortSignal;
  /** A new instance with these variables. It is stopped and removed when `work` ends. */
  withInstance<Result>(
    settings: Environment,
    work: (instance: MeasuredInstance) => Promise<Result>,
  ): Promise<Result>;
};

/** A running instance with what is needed to use it and to look inside. */
export type MeasuredInstance = {
  readonly info: InstanceInfo & { readonly adminKey: string };
  readonly dataDir: string;
  /** Where the API listens. */
  readonly address: Address;
  readonly http: HttpClient;
  readonly api: Api;
  readonly db: Db;
};
