/**
 * The one order in which transactions wait for locks, outermost first. Whoever holds a lock waits only for locks below
 * it, and of several on one line for the lower key first, so nobody waits for anybody in a circle. What is taken with
 * SKIP LOCKED is not waited for and has no place here; neither has a lock that is let go with its own statement.
 *
 * Rows that others refer to are locked FOR NO KEY UPDATE, never FOR UPDATE: a foreign key's check waits for the latter,
 * wherever the row that refers to it is written. `by` names the files that take the lock.
 */
export const LOCK_ORDER = [
  { lock: 'Idempotency-Key', key: 'itself', by: ['idempotency-store'] },
  {
    lock: 'settlement gate',
    key: 'workspace; shared by settlements',
    by: ['settlement-gate', 'subject-lock'],
  },
  {
    lock: 'row of set-up: workspace, partner, campaign, goal, scenario',
    key: 'its id, and a transaction takes one',
    by: [
      ...[
        'fraud-rule-store',
        'review-store',
        'partner-store',
        'payout-store',
        'campaign-store',
        'cost-store',
      ],
      ...['goal-store', 'scenario-store'],
    ],
  },
  // Shared by those who apply them. Whoever changes one waits for nothing else.
  {
    lock: 'rule or mapping',
    key: 'its id',
    by: ['status-mapping-store', 'quarantine-match-store', 'rule-match-store'],
  },
  { lock: 'signed message', key: 'source, hash of its id', by: ['signed-message-store'] },
  { lock: 'transaction of a brand', key: 'hash of its name', by: ['event-receipts'] },
  { lock: 'receipt in the inbox', key: 'workspace, brand, event key', by: ['event-receipts'] },
  // A delivery shares one after its postback's row: whoever holds a player waits for no postback.
  {
    lock: 'player',
    key: 'new ones by their names, then all by their ids',
    by: ['player-store', 'quarantine-store', 'delivery-store'],
  },
  { lock: 'place in quarantine', key: 'event id', by: ['quarantine-store'] },
  // Of an event that nobody else works on: it leaves quarantine in this transaction.
  { lock: 'event', key: 'its id', by: ['quarantine-store'] },
  // Those of events that are reopened come after the outbox rows of released ones, which nobody else can see yet.
  { lock: 'subject', key: 'subject key', by: ['subject-lock', 'due-store'] },
  { lock: 'conversion', key: 'its id', by: ['conversion-store', 'ruling-store', 'payout-store'] },
  { lock: 'counter of a cap', key: 'deal id, period', by: ['cap-store'] },
  { lock: 'postback', key: 'its id', by: ['delivery-store', 'attempt-end-store', 'rebuild-store'] },
  { lock: 'destination', key: 'its id', by: ['destination-health-store', 'destination-share-store'] },
  // The timer of a player comes before the mark on his settled event: only the subject's holder writes it.
  {
    lock: 'row of the outbox',
    key: 'kind, id of what it is about',
    by: ['outbox-store', 'parked-row-store'],
  },
  { lock: 'note of who waits for more', key: 'kind, id', by: ['quarantine-store'] },
  {
    lock: 'what is alone in its transaction',
    key: 'none',
    by: ['partitions', 'seed-instance', 'traffic-store'],
  },
] as const;
