/** A fault that a seed can draw: its number in docs/guarantees.md, and the ways in which it comes. */
export interface FaultKind {
  readonly id: FaultId;
  readonly title: string;
  readonly variants: readonly string[];
  /** It lasts this long, in seconds; a kill is over at once, and what follows is its own business. */
  readonly seconds: readonly [number, number];
  /** It lasts so long whatever the length of the round: less of it would be another fault. */
  readonly isLong?: boolean;
}

export const FAULT_IDS = [
  'F1',
  'F2',
  'F3',
  'F4',
  'F5',
  'F6',
  'F7',
  'F8',
  'F9',
  'F10',
  'F11',
  'F12',
  'F13',
  'F14',
  'F15',
  'F16',
  'F17',
  'F18',
  'F19',
  'F20',
  'F21',
  'F22',
  'F23',
  'F24',
  'F25',
  'F26',
  'F27',
  'W',
] as const;

export type FaultId = (typeof FAULT_IDS)[number];

/** Those that need a second instance behind proxies: a whole machine that can be cut off. */
export const NETWORK_FAULTS: ReadonlySet<FaultId> = new Set<FaultId>(['F6', 'F25']);

/** Those that need disks of their own under the instance. */
export const DISK_FAULTS: ReadonlySet<FaultId> = new Set<FaultId>(['F10']);

/** Those that need another release of the product at hand. */
export const RELEASE_FAULTS: ReadonlySet<FaultId> = new Set<FaultId>(['F22']);

export const CATALOG: Readonly<Record<FaultId, Omit<FaultKind, 'id'>>> = {
  F1: { title: 'the API is killed', variants: ['kill'], seconds: [1, 2] },
  F2: {
    title: 'the API dies at a point of its code',
    variants: ['click-before-insert', 'click-after-commit', 'event-before-insert', 'event-after-commit'],
    seconds: [4, 8],
  },
  F3: {
    title: 'the worker dies',
    variants: ['kill', 'relay-mid-batch', 'postback-before-send', 'postback-after-answer'],
    seconds: [4, 8],
  },
  F4: { title: 'no worker runs', variants: ['frozen', 'killed'], seconds: [6, 12] },
  F5: { title: 'Temporal is away', variants: ['killed', 'frozen'], seconds: [3, 10] },
  F6: { title: 'calls to Temporal break midway', variants: ['resets'], seconds: [5, 10] },
  F7: { title: 'Postgres is killed', variants: ['kill'], seconds: [1, 2] },
  F8: {
    title: 'Postgres is in trouble',
    variants: ['fast_restart', 'terminated', 'idle_in_transaction', 'locked', 'no_connections'],
    seconds: [3, 8],
  },
  F9: { title: 'Postgres is frozen', variants: ['frozen'], seconds: [4, 10] },
  F10: { title: 'a disk is full', variants: ['everything', 'logs'], seconds: [5, 10] },
  F11: { title: 'destinations are busy', variants: ['busy'], seconds: [4, 8] },
  F12: { title: 'destinations never end', variants: ['endless'], seconds: [4, 8] },
  F13: { title: 'destinations are unclear', variants: ['ambiguous', 'refused'], seconds: [4, 8] },
  F14: { title: 'destinations refuse for good', variants: ['permanent', 'gone'], seconds: [3, 6] },
  F15: { title: 'everything is reported several times at once', variants: ['copies'], seconds: [3, 6] },
  F16: { title: 'everything is reported in disorder', variants: ['disorder'], seconds: [3, 6] },
  F17: { title: 'events fall on the end of the window', variants: ['late'], seconds: [3, 5] },
  F18: {
    title: 'clocks are wrong',
    variants: ['api_ahead', 'api_behind', 'worker_ahead', 'worker_behind', 'both_ahead'],
    seconds: [4, 8],
  },
  F19: { title: 'requests are poisoned', variants: ['poison'], seconds: [3, 6] },
  F20: { title: 'far more visitors than usual', variants: ['burst'], seconds: [3, 5] },
  F21: { title: 'many windows end at once', variants: ['expiry'], seconds: [3, 5] },
  F22: { title: 'workers get other code', variants: ['deploy', 'rollback'], seconds: [6, 12] },
  F23: {
    title: 'the set-up changes',
    variants: ['new_deal', 'new_url', 'new_secret', 'new_source_key'],
    seconds: [2, 5],
  },
  F24: { title: 'a process may open nothing more', variants: ['api', 'worker'], seconds: [4, 8] },
  F25: {
    title: 'the network flaps',
    variants: ['database_resets', 'database_holds', 'temporal_holds', 'temporal_vanishes', 'all_reset'],
    seconds: [4, 8],
  },
  F26: {
    title: 'a process is frozen for a minute',
    variants: ['api', 'worker', 'temporal', 'postgres'],
    seconds: [60, 62],
    isLong: true,
  },
  F27: { title: 'strangers read all the time', variants: ['readers'], seconds: [6, 12] },
  W: { title: 'the database of Temporal is lost', variants: ['wiped', 'damaged'], seconds: [2, 4] },
};
