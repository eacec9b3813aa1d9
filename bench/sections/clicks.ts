import { type Id, type IdPrefix, parseId } from '../../domain/ids';
import { rowCheckLine } from '../load/check-rows';
import { LEG_COLUMNS, type Leg, legFigures, legRow, newStage, runLeg, sumOfRows } from '../load/click-leg';
import { startBareServer } from '../load/start-bare-server';
import { shown, tableRow } from '../output/table';
import { atLeast, atMost, type Target } from '../output/target';
import type { Findings, MeasuredInstance, Section, SectionContext } from '../section';

/** Enough that no core waits for the next click: fewer measure how long a commit takes, and not how many there can be. */
const CONNECTIONS = 512;
const TURNS = 3;
const WANTED_PER_SECOND = 15_000;
/** On a machine that is shared with others only the comparison says something. */
const WANTED_OF_BARE = 0.6;

/** Measured by turns, so that a noisy neighbour meets both. */
type Turns = { readonly product: readonly Leg[]; readonly bare: readonly Leg[] };

/**
 * How many clicks a second are durable when everybody clicks again as soon as he is answered: the product, and beside
 * it a bare loop that does nothing but commit. With an idle worker; then once more with everything that the product
 * does beside, which shares the cores.
 */
export const clicksSection: Section = {
  name: 'clicks',
  title: `Clicks, closed loop over ${CONNECTIONS} connections`,
  run: async (context) => {
    const turns = await context.withInstance({ CLICKCHAIN_WORKER_ROLES: 'postbacks' }, (instance) =>
      byTurns(context, instance),
    );
    const whole = await context.withInstance({}, (instance) => productLeg(context, instance));
    return findings(turns, whole);
  },
};

async function byTurns(context: SectionContext, instance: MeasuredInstance): Promise<Turns> {
  const [product, bare]: [Leg[], Leg[]] = [[], []];
  for (let turn = 1; turn <= (context.quick ? 1 : TURNS); turn += 1) {
    context.output.line(`  turn ${turn}: the product, then the bare loop …`);
    product.push(await productLeg(context, instance));
    bare.push(await bareLeg(context, instance));
  }
  return { product, bare };
}

async function productLeg(context: SectionContext, instance: MeasuredInstance): Promise<Leg> {
  return runLeg(instance, { ...closedLoop(context), stage: await newStage(instance) }, context.signal);
}

async function bareLeg(context: SectionContext, instance: MeasuredInstance): Promise<Leg> {
  const stage = await newStage(instance);
  const server = await startBareServer({
    databaseUrl: instance.info.databaseUrl,
    workspaceId: idOf('wsp', instance.info.workspaceId),
    campaignId: idOf('cmp', stage.campaignId),
    offerId: idOf('off', stage.offerId),
    partnerId: idOf('ptn', stage.partnerId),
  });
  try {
    return await runLeg(instance, { ...closedLoop(context), stage, target: server.address }, context.signal);
  } finally {
    await server.stop();
  }
}

function closedLoop({ quick }: SectionContext) {
  return {
    warmUpSeconds: quick ? 1 : 3,
    seconds: quick ? 2 : 15,
    shape: { kind: 'closed', connections: CONNECTIONS },
  } as const;
}

function idOf<P extends IdPrefix>(prefix: P, text: string): Id<P> {
  const id = parseId(prefix, text);
  if (id === null) throw new Error(`${text} is not an id.`);
  return id;
}

function findings({ product, bare }: Turns, whole: Leg): Findings {
  const [perSecond, barePerSecond] = [middle(product), middle(bare)];
  const ratio = barePerSecond === 0 ? null : Math.round((perSecond / barePerSecond) * 100) / 100;
  const rows = sumOfRows([...product, ...bare, whole]);
  return {
    lines: [
      tableRow('', LEG_COLUMNS),
      ...product.map((leg, index) => legRow(`product, idle worker, turn ${index + 1}`, leg)),
      ...bare.map((leg, index) => legRow(`bare loop, turn ${index + 1}`, leg)),
      legRow('product, everything runs', whole),
      '',
      `  product ÷ bare loop: ${shown(ratio)} (the middle turn of each)`,
      rowCheckLine(rows),
    ],
    targets: [
      throughputTarget(perSecond, ratio),
      atMost('acknowledged clicks lost or doubled', 0, rows.lost + rows.doubled),
      atMost('clicks without their raw request', 0, rows.withoutRaw),
    ],
    figures: {
      connections: CONNECTIONS,
      ...{ perSecond, barePerSecond, ratio, rows },
      product: product.map(legFigures),
      bare: bare.map(legFigures),
      everythingRuns: legFigures(whole),
    },
  };
}

/** One or the other: on a shared machine the rate is as much the neighbours' as ours. */
function throughputTarget(perSecond: number, ratio: number | null): Target {
  const byRate = atLeast('durable clicks per second', WANTED_PER_SECOND, perSecond);
  return byRate.met
    ? byRate
    : atLeast(`product ÷ bare loop, at ${shown(perSecond)}/s`, WANTED_OF_BARE, ratio);
}

function middle(legs: readonly Leg[]): number {
  const sorted = legs.map(({ result }) => result.acknowledgedPerSecond).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
