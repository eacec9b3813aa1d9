/** Lets a few do the same at once; the others wait here, where they keep nothing from anybody. */
export type Turns = {
  /** The work's result; null when its turn has not come in time, and nothing was done. */
  take<Result>(work: () => Promise<Result>): Promise<Result | null>;
};

type Waiting = { readonly begin: () => void; readonly timer: NodeJS.Timeout };

export function createTurns(atOnce: number, waitMs: number): Turns {
  const waiting = new Set<Waiting>();
  let underWay = 0;

  const enter = (): Promise<boolean> => {
    if (underWay < atOnce) {
      underWay += 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const one: Waiting = {
        begin: () => {
          clearTimeout(one.timer);
          waiting.delete(one);
          resolve(true);
        },
        timer: setTimeout(() => {
          waiting.delete(one);
          resolve(false);
        }, waitMs),
      };
      waiting.add(one);
    });
  };
  /** Hands the place on, so that nobody who comes now goes ahead of who waits. */
  const leave = (): void => {
    const [next] = waiting;
    if (next === undefined) underWay -= 1;
    else next.begin();
  };

  return {
    take: async (work) => {
      if (!(await enter())) return null;
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
