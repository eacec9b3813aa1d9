/** A broken promise: which one of docs/invariants.md, and what breaks it. */
export interface Finding {
  readonly rule: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10';
  readonly what: string;
}

export function finding(rule: Finding['rule'], what: string): Finding {
  return { rule, what };
}
