import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import { createInstance, type Instance } from '../../chaos/instance/instance';
import { repositoryRoot } from '../../testing/source-files';
import { createOutput } from '../output';
import { runSimulation } from '../run';
import { openSession, type Session } from '../session';
import { SCENARIOS } from './all-scenarios';
import { withFraudRules } from './fraud-rules';
import { playScenarios } from './play-all';
import type { Played } from './play-scenario';

/** Seconds on a quiet machine. */
const STEP_MS = 180_000;
const WITHIN_MS = 60_000;

const { signal } = new AbortController();
setMaxListeners(0, signal);
let instance: Instance;
let played: Played[] = [];
let rulesBefore: unknown;

beforeAll(async () => {
  instance = await createInstance({
    distDir: join(repositoryRoot, 'dist'),
    sinkPort: 0,
    env: { CLICKCHAIN_TRUSTED_PROXIES: '127.0.0.1/32' },
  });
  await instance.explained(async () => {
    await instance.start();
    await withSession(async (session) => {
      // Set by an operator: this is what must be found again afterwards.
      const rules = { fast_deposit: { mode: 'off', params: { underMs: 7_000 } } };
      rulesBefore = (await session.api.put('/v1/fraud/rules', { rules }, rulesRead)).rules;
      played = await playScenarios(session, SCENARIOS, {
        ...{ signal, withinMs: WITHIN_MS },
        onProgress: () => undefined,
        onPlayed: () => undefined,
      });
    });
  });
}, 10 * 60_000);

afterAll(async () => {
  await instance?.remove();
}, STEP_MS);

const rulesRead = z.looseObject({ rules: z.record(z.string(), z.looseObject({ mode: z.string() })) });

async function withSession<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
  const opened = await openSession({ dataDir: instance.dataDir }, { signal, patienceMs: WITHIN_MS });
  if (!opened.open) throw new Error(opened.advice);
  try {
    return await work(opened.session);
  } finally {
    await opened.session.close();
  }
}

const readRules = () => withSession(async ({ api }) => (await api.read('/v1/fraud/rules', rulesRead)).rules);

describe('on a real instance', () => {
  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    '%s ends as it states',
    (_name, scenario) => {
      const one = played.find((candidate) => candidate.scenario === scenario);
      expect(one).toMatchObject({ problems: [], result: 'as_stated' });
    },
  );

  it('leaves the fraud rules as they were', async () => {
    expect(await readRules()).toEqual(rulesBefore);
  });

  it('leaves them so too when a scenario fails in between', async () => {
    const failing = withSession((session) =>
      withFraudRules(session, { bot_user_agent: { mode: 'off' } }, () => Promise.reject(new Error('stop'))),
    );
    await expect(failing).rejects.toThrow('stop');
    expect(await readRules()).toEqual(rulesBefore);
  });
});

describe('the command', () => {
  it(
    'plays one by its name, once more on the same instance, and ends with a table and links',
    async () => {
      const { code, output } = await instance.run('simulate', '--scenario', 'duplicate-event');
      expect(output).toMatch(/duplicate-event +as stated/);
      expect(output).toContain('1 of 1 scenarios are as stated.');
      expect(output).toContain(`${instance.info().apiUrl}/v1/clicks/clk_`);
      expect(output).toContain(`${instance.info().temporalUiUrl}/namespaces/default/workflows/click`);
      expect(output).toContain('Temporal UI API answers 200');
      expect(code).toBe(0);
    },
    STEP_MS,
  );

  it(
    'ends with 1 and says what was seen instead when one differs',
    async () => {
      const lie = SCENARIOS.filter(({ name }) => name === 'bot-user-agent').map((scenario) => ({
        ...scenario,
        expected: { verdicts: ['click: allow 0'] },
      }));
      let text = '';
      const output = createOutput({ write: (chunk) => (text += chunk) });
      const code = await runSimulation(
        { mode: 'scenarios', scenarios: lie, clicks: 0, seed: 1, dataDir: instance.dataDir },
        { output, signal, settleWithinMs: 3_000 },
      );
      expect(text).toContain('stated click: allow 0; seen click: review 50, bot_user_agent');
      expect(text).toContain('1 of 1 scenarios differ');
      expect(code).toBe(1);
      expect(await readRules()).toEqual(rulesBefore);
    },
    STEP_MS,
  );

  it(
    'lists them all, and refuses a name that it does not know',
    async () => {
      const listed = await instance.run('simulate', '--list');
      expect(SCENARIOS.filter(({ name }) => !listed.output.includes(name))).toEqual([]);
      expect(listed.code).toBe(0);
      const unknown = await instance.run('simulate', '--scenario', 'no-such-thing');
      expect(unknown.output).toContain('There is no scenario "no-such-thing": --list names them all.');
      expect(unknown.code).toBe(2);
    },
    STEP_MS,
  );
});
