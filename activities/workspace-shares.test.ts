import { createWorkspaceShares } from './workspace-shares';

const nowMs = 1_000_000;

/** Work that ends when it is told to. */
function pendingWork() {
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: () => over, end };
}

describe('the share of a workspace', () => {
  it('is its own: who has used it up gets turns, and the others do not notice', async () => {
    const shares = createWorkspaceShares(2);
    const { work, end } = pendingWork();
    const underWay = [shares.within('one', nowMs, work), shares.within('one', nowMs, work)];
    const never = jest.fn(() => Promise.resolve());
    expect(await shares.within('one', nowMs, never)).toEqual({ kind: 'busy', turnInMs: 100 });
    expect(await shares.within('one', nowMs, never)).toEqual({ kind: 'busy', turnInMs: 200 });
    expect(never).not.toHaveBeenCalled();
    expect(await shares.within('two', nowMs, async () => 'sent')).toEqual({ kind: 'done', result: 'sent' });
    end();
    await Promise.all(underWay);
    expect(await shares.within('one', nowMs, async () => 'sent')).toEqual({ kind: 'done', result: 'sent' });
  });

  it('has its place again after work that fails', async () => {
    const shares = createWorkspaceShares(1);
    await expect(shares.within('one', nowMs, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await shares.within('one', nowMs, async () => 'sent')).toEqual({ kind: 'done', result: 'sent' });
  });
});
