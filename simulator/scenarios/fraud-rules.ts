import { z } from 'zod';
import { createApi } from '../api';
import { createHttpClient } from '../http-client';
import type { Session } from '../session';

export type RuleChange = {
  mode?: 'off' | 'suspicious' | 'active';
  score?: number;
  params?: Record<string, number>;
};

const setting = { mode: z.string(), score: z.number(), params: z.record(z.string(), z.number()) };
const ruleSet = z.looseObject({
  custom: z.array(z.looseObject({})),
  rules: z.record(z.string(), z.looseObject({ ...setting, defaults: z.looseObject(setting) })),
});

const PATH = '/v1/fraud/rules';
/** Long enough for an instance that is being restarted. */
const RESTORE_WITHIN_MS = 15_000;

/**
 * Does the work while the workspace's fraud rules are at their defaults, except for `changes`, and it has none of its
 * own. Afterwards they are as
 * they were, also when the work fails or is interrupted: the way back does not depend on the run's own signal.
 */
export async function withFraudRules<Result>(
  { api, instance }: Session,
  changes: Readonly<Record<string, RuleChange>>,
  work: () => Promise<Result>,
): Promise<Result> {
  const before = await api.read(PATH, ruleSet);
  const wanted = settingsOf(before, ({ defaults: { mode, score, params } }, code) => ({
    mode,
    score,
    ...changes[code],
    params: { ...params, ...changes[code]?.params },
  }));
  const earlier = settingsOf(before, ({ mode, score, params }) => ({ mode, score, params }));
  try {
    await api.put(PATH, { rules: wanted, custom: [] }, ruleSet);
    return await work();
  } finally {
    const http = createHttpClient({ signal: new AbortController().signal, patienceMs: RESTORE_WITHIN_MS });
    try {
      await createApi(http, instance.apiUrl, instance.adminKey).put(
        PATH,
        { rules: earlier, custom: before.custom },
        ruleSet,
      );
    } finally {
      await http.close();
    }
  }
}

type RuleRead = z.infer<typeof ruleSet>['rules'][string];

function settingsOf(
  { rules }: z.infer<typeof ruleSet>,
  settingOf: (rule: RuleRead, code: string) => object,
): Record<string, object> {
  return Object.fromEntries(Object.entries(rules).map(([code, rule]) => [code, settingOf(rule, code)]));
}
