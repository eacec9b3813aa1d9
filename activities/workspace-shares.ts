import { nextTurnMs } from '../domain/postback/share';

/** How many attempts of one workspace a worker has under way, whatever the number of its destinations. */
export type WorkspaceShares = {
  /**
   * Does the work when the workspace has a place; otherwise says in how many ms its next turn comes. Places that are
   * taken elsewhere are not counted: a worker's slots are its own.
   */
  within<Result>(
    workspace: string,
    nowMs: number,
    work: () => Promise<Result>,
  ): Promise<
    { readonly kind: 'done'; readonly result: Result } | { readonly kind: 'busy'; readonly turnInMs: number }
  >;
};

type Line = { underWay: number; lastTurnMs: number | null };

/** A tenant whose partners all take their time must not have every slot, so that the others wait for nobody of his. */
export function createWorkspaceShares(share: number): WorkspaceShares {
  const lines = new Map<string, Line>();
  const leave = (workspace: string, line: Line): void => {
    line.underWay -= 1;
    if (line.underWay === 0) lines.delete(workspace);
  };
  return {
    within: async (workspace, nowMs, work) => {
      const line = lines.get(workspace) ?? { underWay: 0, lastTurnMs: null };
      lines.set(workspace, line);
      if (line.underWay >= share) {
        line.lastTurnMs = nextTurnMs({ nowMs, lastTurnMs: line.lastTurnMs, share, meanAgeMs: 0 });
        return { kind: 'busy', turnInMs: line.lastTurnMs - nowMs };
      }
      line.underWay += 1;
      try {
        return { kind: 'done', result: await work() };
      } finally {
        leave(workspace, line);
      }
    },
  };
}
