import fc from 'fast-check';
import { testId } from '../domain/testing/facts';
import { EventInbox } from './event-inbox';

const [first, second, third] = [testId('evt', 1), testId('evt', 2), testId('evt', 3)];

function takeAll(inbox: EventInbox): string[] {
  const taken: string[] = [];
  for (let eventId = inbox.take(); eventId !== null; eventId = inbox.take()) taken.push(eventId);
  return taken;
}

describe('EventInbox', () => {
  it('gives events in the order of their arrival', () => {
    const inbox = new EventInbox();
    for (const eventId of [second, first, third]) inbox.receive({ eventId });
    expect(takeAll(inbox)).toEqual([second, first, third]);
  });

  it('is empty at first, and after everything was taken', () => {
    const inbox = new EventInbox();
    expect(inbox.isEmpty).toBe(true);
    expect(inbox.take()).toBeNull();
    inbox.receive({ eventId: first });
    expect(inbox.isEmpty).toBe(false);
    inbox.take();
    expect(inbox.isEmpty).toBe(true);
    expect(inbox.take()).toBeNull();
  });

  it('drops a repeat while the event still waits', () => {
    const inbox = new EventInbox();
    for (const eventId of [first, first, second, first]) inbox.receive({ eventId });
    expect(takeAll(inbox)).toEqual([first, second]);
  });

  it('lets a repeat in after the event was taken, so that it can be settled anew', () => {
    const inbox = new EventInbox();
    inbox.receive({ eventId: first });
    inbox.take();
    inbox.receive({ eventId: first });
    expect(takeAll(inbox)).toEqual([first]);
  });

  it('takes over what an earlier run left, before anything new, and drops its repeats', () => {
    const before = new EventInbox();
    for (const eventId of [first, second, third]) before.receive({ eventId });
    before.take();
    const after = new EventInbox(before.carriedOver);
    after.receive({ eventId: second });
    after.receive({ eventId: testId('evt', 4) });
    expect(takeAll(after)).toEqual([second, third, testId('evt', 4)]);
  });

  it('hands over a copy, which later events do not change', () => {
    const inbox = new EventInbox([first]);
    const { carriedOver } = inbox;
    inbox.receive({ eventId: second });
    expect(carriedOver).toEqual([first]);
    expect(inbox.carriedOver).toEqual([first, second]);
  });

  it('gives what a queue without repeats gives, however arrivals and takes are mixed', () => {
    const step = fc.oneof(fc.constant('take' as const), fc.integer({ min: 1, max: 6 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const inbox = new EventInbox();
        const model = new Set<string>();
        for (const one of steps) {
          if (one !== 'take') {
            inbox.receive({ eventId: testId('evt', one) });
            model.add(testId('evt', one));
            continue;
          }
          const [next] = model;
          expect(inbox.take()).toBe(next ?? null);
          if (next !== undefined) model.delete(next);
        }
        expect(takeAll(inbox)).toEqual([...model]);
      }),
      { seed: 101, numRuns: 500 },
    );
  });
});
