import type { z } from 'zod';
import { type HttpAnswer, type HttpClient, jsonOf } from './http-client';
import { page } from './responses';

/** Thrown when the instance answers something else than its contract; the message says which call and what. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** The `/v1` side of an instance, as its administrator sees it. */
export type Api = {
  create<T>(
    path: string,
    body: unknown,
    options: { shape: z.ZodType<T>; idempotencyKey: string },
  ): Promise<T>;
  /** Puts a body in the place of what is there. */
  put<T>(path: string, body: unknown, shape: z.ZodType<T>): Promise<T>;
  read<T>(path: string, shape: z.ZodType<T>): Promise<T>;
  /** All pages of a list, at most `MAX_PAGES`. */
  list<T>(path: string, shape: z.ZodType<T>): Promise<T[]>;
  /** Text of a path, or null when there is no such thing (404, 401, 403). */
  text(path: string): Promise<string | null>;
};

const PAGE_SIZE = 100;
/** Keeps a list that never ends from holding the run for ever. */
const MAX_PAGES = 2_000;

/** Calls with the administrator's key. Answers are checked against the shape that the caller names. */
export function createApi(http: HttpClient, apiUrl: string, adminKey: string): Api {
  const authorization = `Bearer ${adminKey}`;
  const get = (path: string): Promise<HttpAnswer> =>
    http.send({ method: 'GET', url: apiUrl + path, headers: { authorization } });
  const read = async <T>(path: string, shape: z.ZodType<T>): Promise<T> =>
    checked(`GET ${path}`, await get(path), shape);

  return {
    create: async (path, body, { shape, idempotencyKey }) => {
      const answer = await http.send({
        method: 'POST',
        url: apiUrl + path,
        headers: { authorization, 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
        body: JSON.stringify(body),
      });
      return checked(`POST ${path}`, answer, shape);
    },
    put: async (path, body, shape) => {
      const headers = { authorization, 'content-type': 'application/json' };
      const answer = await http.send({
        method: 'PUT',
        url: apiUrl + path,
        headers,
        body: JSON.stringify(body),
      });
      return checked(`PUT ${path}`, answer, shape);
    },
    read,
    list: async <T>(path: string, shape: z.ZodType<T>): Promise<T[]> => {
      const items: T[] = [];
      let cursor: string | null | undefined;
      for (let pages = 0; pages < MAX_PAGES; pages += 1) {
        const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...(cursor && { cursor }) });
        const answer = await read(`${path}${path.includes('?') ? '&' : '?'}${query.toString()}`, page);
        items.push(...answer.data.map((item) => parsed(`GET ${path}`, item, shape, 200)));
        cursor = answer.nextCursor;
        if (!cursor) return items;
      }
      throw new UnexpectedAnswer(`GET ${path} has more than ${MAX_PAGES} pages`, 200);
    },
    text: async (path) => {
      const answer = await get(path);
      if ([401, 403, 404].includes(answer.status)) return null;
      if (answer.status !== 200) throw unexpected(`GET ${path}`, answer);
      return answer.text;
    },
  };
}

function checked<T>(call: string, answer: HttpAnswer, shape: z.ZodType<T>): T {
  if (![200, 201, 202].includes(answer.status)) throw unexpected(call, answer);
  return parsed(call, jsonOf(answer), shape, answer.status);
}

function parsed<T>(call: string, value: unknown, shape: z.ZodType<T>, status: number): T {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') || 'the body';
  throw new UnexpectedAnswer(
    `${call} answered an unexpected shape: ${where}: ${issue?.message ?? ''}`,
    status,
  );
}

function unexpected(call: string, answer: HttpAnswer): UnexpectedAnswer {
  return new UnexpectedAnswer(
    `${call} answered ${answer.status}: ${answer.text.slice(0, 300)}`,
    answer.status,
  );
}
