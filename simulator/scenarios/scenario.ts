import type { Expected } from './aspects';
import type { RuleChange } from './fraud-rules';
import type { Stage } from './stage';
import type { Cast } from './theatre';

/** One small story with a stated end. It has a partner, a campaign, a destination and players of its own. */
export type Scenario = Cast & {
  topic: 'fraud' | 'disorder';
  /** One sentence: what there is to learn. */
  shows: string;
  /** Fraud rules that differ from their defaults while it plays; without it, rules stay as the workspace has them. */
  rules?: Readonly<Record<string, RuleChange>>;
  /** Whether visitors come from addresses of their own, which only an instance that trusts us as its proxy believes. */
  needsAddresses?: true;
  play(stage: Stage): Promise<void>;
  expected: Expected;
};
