/** How a query builder reports: the statement, which is nobody's business, and after it what Postgres said. */
const STATEMENT = /^[\s\S]* - /;

/** What went wrong, in one line for people: the message of an error and of what caused it, without statements. */
export function failureReason(error: unknown): string {
  const reasons: string[] = [];
  for (let cause: unknown = error; cause instanceof Error && reasons.length < 5; cause = cause.cause) {
    reasons.push(isFromPostgres(cause) ? cause.message.replace(STATEMENT, '') : cause.message);
  }
  return reasons.length === 0 ? String(error) : reasons.join(': ');
}

function isFromPostgres(error: Error): boolean {
  return 'severity' in error;
}
