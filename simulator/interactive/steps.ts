import { paragraph } from '../paragraph';
import { exactMoney, type ScriptedEvent } from '../script';
import type { StepName } from './menu';
import { decideOnDeposit } from './review';
import { type Scene, showEffect } from './scene';
import { clickAsNewVisitor, post, report } from './send';
import { type Expected, nextAfterMs, type Player } from './story';

const DEPOSIT = exactMoney('50.00', 'EUR');
const LARGER_DEPOSIT = exactMoney('80.00', 'EUR');

/** Takes one step and prints its effect. The step must be possible in the present story. */
export async function takeStep(scene: Scene, step: StepName): Promise<void> {
  const { story, output } = scene;
  if (step === 'click') return click(scene);
  if (step === 'early_deposit') return depositTooEarly(scene);
  if (step === 'doubtful') return depositInDoubt(scene);
  if (step === 'approve' || step === 'reject') return decideOnDeposit(scene, step);
  if (step === 'duplicate') return repeatLast(scene);
  if (step === 'wait') {
    if (story.watched === null) output.line('Nothing has happened yet.');
    else await showEffect(scene, story.watched);
    return;
  }
  const { player } = story;
  if (player === null) return;
  switch (step) {
    case 'install':
    case 'register':
      await reportOnce(scene, player, step === 'install' ? 'install' : 'registration');
      break;
    case 'deposit':
      await reportDeposit(scene, player, {});
      break;
    case 'pending_deposit':
      await depositInTwoReports(scene, player);
      break;
    case 'chargeback':
      await takeBack(scene, player);
  }
  await showEffect(scene, player);
}

/** Whoever clicks again is somebody new, so that a story can be told from its beginning again. */
async function click(scene: Scene): Promise<void> {
  const player = await clickAsNewVisitor(scene);
  if (player === null) return;
  scene.story.player = player;
  await showEffect(scene, player);
}

async function reportOnce(scene: Scene, player: Player, kind: 'install' | 'registration'): Promise<void> {
  const key = kind === 'install' ? 'install' : 'reg';
  const occursAfterMs = nextAfterMs(player, kind, Date.now());
  const receipt = await report(scene, player, { ...plainEvent, key, kind, occursAfterMs });
  if (receipt === 'refused') return;
  if (kind === 'install') player.installed = true;
  else player.registered = true;
  expectConversion(player, kind, `${scene.session.runId}-${player.label}-${key}`);
}

const plainEvent = { pauseMs: 0, namesClick: true, expect: 'accepted' } as const;

async function reportDeposit(
  scene: Scene,
  player: Player,
  fields: Partial<ScriptedEvent>,
): Promise<ScriptedEvent> {
  const position = player.deposits.length + 1;
  const event: ScriptedEvent = {
    ...plainEvent,
    key: `dep${position}`,
    kind: 'deposit',
    occursAfterMs: nextAfterMs(player, 'deposit', Date.now()),
    money: DEPOSIT,
    status: 'confirmed',
    transaction: `tx${position}`,
    ...fields,
  };
  const receipt = await report(scene, player, event);
  if (receipt === 'refused') return event;
  if (event.status === 'confirmed') player.deposits.push({ event, takenBack: false });
  expectConversion(player, 'deposit', `${scene.session.runId}-${player.label}-${event.transaction}`, event);
  return event;
}

/** The bank confirms what was reported as pending: one transaction, two reports, one conversion. */
async function depositInTwoReports(scene: Scene, player: Player): Promise<void> {
  const pending = await reportDeposit(scene, player, { money: LARGER_DEPOSIT, status: 'pending' });
  await showEffect(scene, player);
  scene.output.line();
  const { key, occursAfterMs } = pending;
  await reportDeposit(scene, player, {
    money: LARGER_DEPOSIT,
    key: `${key}-confirmed`,
    occursAfterMs: occursAfterMs + 1_000,
  });
}

/** The oldest standing deposit goes back: with the first one, the commission it earned. */
async function takeBack(scene: Scene, player: Player): Promise<void> {
  const deposit = player.deposits.find(({ takenBack }) => !takenBack);
  if (deposit === undefined) return;
  const { key, money, transaction } = deposit.event;
  const receipt = await report(scene, player, {
    ...plainEvent,
    key: `cb-${key}`,
    kind: 'chargeback',
    occursAfterMs: nextAfterMs(player, 'chargeback', Date.now()),
    namesClick: false,
    takesBack: key,
    ...(money && { money }),
  });
  if (receipt === 'refused') return;
  deposit.takenBack = true;
  const of = `${scene.session.runId}-${player.label}-${transaction}`;
  player.expected.push({
    what: 'the chargeback in the books',
    isShown: ({ conversions }) =>
      conversions.some((one) => one.transactionId === of && one.status === 'reversed'),
  });
}

/** Another visitor's deposit overtakes the registration: held while nobody knows the player, then settled. */
async function depositTooEarly(scene: Scene): Promise<void> {
  const { output } = scene;
  const other = await clickAsNewVisitor(scene);
  if (other === null) return;
  await showEffect(scene, other);
  output.line();
  await reportDeposit(scene, other, { namesClick: false });
  const [awaited] = other.expected.splice(0);
  await showEffect(scene, other);
  output.line();
  if (awaited !== undefined) other.expected.push(awaited);
  await reportOnce(scene, other, 'registration');
  await showEffect(scene, other);
}

/** A visitor of whom nothing is known deposits: recorded, credited, and held until a person has decided. */
async function depositInDoubt(scene: Scene): Promise<void> {
  const doubtful = await clickAsNewVisitor(scene, '');
  if (doubtful === null) return;
  scene.story.doubtful = doubtful;
  await showEffect(scene, doubtful);
  scene.output.line();
  await reportDeposit(scene, doubtful, {});
  await showEffect(scene, doubtful);
}

async function repeatLast(scene: Scene): Promise<void> {
  const { lastEvent } = scene.story;
  if (lastEvent === null) return;
  for (const line of paragraph('sent', [`the very same request again (${lastEvent.request.eventId})`])) {
    scene.output.line(line);
  }
  await post(scene, lastEvent.request);
  await showEffect(scene, lastEvent.player);
}

/** A report is in the books once its conversion is there, and no longer waits for the bank if that has confirmed. */
function expectConversion(player: Player, kind: string, transactionId: string, event?: ScriptedEvent): void {
  const isConfirmation = event?.status === 'confirmed';
  const expected: Expected = {
    what: `the conversion of the ${kind}`,
    isShown: ({ conversions }) =>
      conversions.some(
        (one) => one.transactionId === transactionId && !(isConfirmation && one.reason === 'deposit_pending'),
      ),
  };
  player.expected.push(expected);
}
