import type { Story } from './story';

/** The steps of a walk in the order of the menu; the number of a step is its place here, quitting is 0. */
export const STEPS = [
  { name: 'click', title: 'click' },
  { name: 'install', title: 'install' },
  { name: 'register', title: 'register' },
  { name: 'deposit', title: 'deposit' },
  { name: 'pending_deposit', title: 'deposit pending, then confirmed' },
  { name: 'duplicate', title: 'last event again' },
  { name: 'early_deposit', title: 'deposit before registration' },
  { name: 'chargeback', title: 'chargeback' },
  { name: 'wait', title: 'wait and look' },
  { name: 'doubtful', title: 'doubtful visitor deposits' },
  { name: 'approve', title: 'approve what waits' },
  { name: 'reject', title: 'reject what waits' },
] as const;
export type StepName = (typeof STEPS)[number]['name'];

/** What Enter alone plays, one after the other. */
const WHOLE_STORY: readonly StepName[] = [
  'click',
  'install',
  'register',
  'deposit',
  'duplicate',
  'pending_deposit',
  'chargeback',
  'early_deposit',
  'doubtful',
  'approve',
  'reject',
];

export function titleOf(name: StepName): string {
  return STEPS.find((step) => step.name === name)?.title ?? name;
}

/** The menu in four short lines; the last one says what Enter does. */
export function menuLines(story: Story): string[] {
  const entries = [...STEPS.map(({ title }, index) => `${index + 1} ${title}`), '0 quit'];
  const next = nextStep(story);
  const number = next === 'quit' ? '0' : String(STEPS.findIndex(({ name }) => name === next) + 1);
  const title = next === 'quit' ? 'quit' : titleOf(next);
  return [
    '',
    `Steps: ${entries.slice(0, 5).join(' · ')}`,
    `       ${entries.slice(5, 9).join(' · ')}`,
    `       ${entries.slice(9).join(' · ')}`,
    `Next step? Enter for ${number} (${title})`,
  ];
}

/** The first step of the whole story that has not been taken and can be; before it, a look at what is missing. */
function nextStep(story: Story): StepName | 'quit' {
  const isMissing = (story.watched?.expected.length ?? 0) > 0;
  if (isMissing && !story.taken.has('wait')) return 'wait';
  return WHOLE_STORY.find((name) => !story.taken.has(name) && whyNot(story, name) === null) ?? 'quit';
}

/** The step that was typed, by number or by the first letters of its name; nothing typed means the next one. */
export function readChoice(typed: string, story: Story): StepName | 'quit' | null {
  const word = typed.trim().toLowerCase();
  if (word === '') return nextStep(story);
  if (/^(0|q|quit|exit)$/.test(word)) return 'quit';
  if (/^\d+$/.test(word)) return STEPS[Number(word) - 1]?.name ?? null;
  return STEPS.find(({ name, title }) => name.startsWith(word) || title.startsWith(word))?.name ?? null;
}

/** Why a step cannot be taken now, as a sentence; null when it can. */
export function whyNot(story: Story, step: StepName): string | null {
  const { player, lastEvent } = story;
  switch (step) {
    case 'click':
    case 'early_deposit':
    case 'doubtful':
    case 'wait':
      return null;
    case 'approve':
    case 'reject':
      return story.doubtful === null ? 'Nobody waits for a person: 10 brings a doubtful visitor.' : null;
    case 'duplicate':
      return lastEvent === null ? 'Nothing has been sent yet that could be sent again.' : null;
    case 'install':
      return player?.installed ? 'The app is installed already; 6 sends an event again.' : unborn(story);
    case 'register':
      return player?.registered ? 'The player is registered already; 6 sends an event again.' : unborn(story);
    case 'deposit':
    case 'pending_deposit':
      return unborn(story);
    case 'chargeback': {
      const stands = player?.deposits.some(({ takenBack }) => !takenBack) ?? false;
      return stands ? null : 'There is no confirmed deposit that could be taken back.';
    }
  }
}

function unborn({ player }: Story): string | null {
  return player === null ? 'There is no player yet: it begins with 1 (click).' : null;
}
