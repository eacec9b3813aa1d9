import cluster from 'node:cluster';
import type { Logger } from 'pino';
import { AggregatorRegistry, type Registry } from 'prom-client';

const ASK = 'clickchain:scrape';
const TELL = 'clickchain:scraped';
/** The supervisor itself gives up on a process that hangs after five. */
const ANSWER_WITHIN_MS = 6_000;

type Ask = { readonly type: typeof ASK; readonly id: number };
type Tell = { readonly type: typeof TELL; readonly id: number; readonly text: string | null };

/** In the supervisor: gathers the metrics of all processes for the one that was scraped. */
export function answerScrapes(logger: Logger): void {
  const all = new AggregatorRegistry();
  const answer = async (id: number): Promise<Tell> => {
    try {
      return { type: TELL, id, text: await all.clusterMetrics() };
    } catch (error) {
      logger.warn({ err: error }, 'an API process does not tell its metrics');
      return { type: TELL, id, text: null };
    }
  };
  cluster.on('message', (worker, message: unknown) => {
    if (!isMessage<Ask>(message, ASK)) return;
    // Whoever asked may be gone by now.
    void answer(message.id).then((told) => worker.isConnected() && worker.send(told));
  });
}

/** In a serving process: the metrics of all of them as text. Rejects when one of them does not tell its own. */
export function scrapeAll(own: Registry): () => Promise<string> {
  // oxlint-disable-next-line no-new -- it listens for the supervisor's question, which another process's scrape may cause
  new AggregatorRegistry();
  AggregatorRegistry.setRegistries([own]);
  const waiting = new Map<number, (text: string | null) => void>();
  let asked = 0;
  process.on('message', (message: unknown) => {
    if (isMessage<Tell>(message, TELL)) waiting.get(message.id)?.(message.text);
  });
  return async () => {
    asked += 1;
    const id = asked;
    const text = await new Promise<string | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), ANSWER_WITHIN_MS);
      waiting.set(id, (told) => {
        clearTimeout(timer);
        resolve(told);
      });
      process.send?.({ type: ASK, id } satisfies Ask);
    });
    waiting.delete(id);
    if (text === null) throw new Error('the metrics of all processes could not be gathered');
    return text;
  };
}

function isMessage<Message extends { type: string }>(
  message: unknown,
  type: Message['type'],
): message is Message {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === type;
}
