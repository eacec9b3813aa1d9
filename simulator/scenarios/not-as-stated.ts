/** Thrown when a scenario did not get as far as stated; one sentence for each difference. */
export class NotAsStated extends Error {
  override readonly name = 'NotAsStated';
  readonly differences: readonly string[];

  constructor(found: readonly string[]) {
    super(found.join('; '));
    this.differences = found;
  }
}
