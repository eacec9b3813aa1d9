import type { Db } from '../db/knex';

export type BrokenAssessment = {
  /** How often an assessment has failed since. */
  tries(): Promise<number>;
  mend(): Promise<void>;
};

/** From now on no event gets a verdict, as by a defect of ours, until it is mended. */
export async function breakAssessment(db: Db): Promise<BrokenAssessment> {
  // A sequence, because it counts in transactions that are rolled back.
  await db.raw('CREATE SEQUENCE tried_assessments');
  await db.raw(`CREATE FUNCTION fail_to_assess() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM nextval('tried_assessments'); RAISE EXCEPTION 'a defect in assess'; END $$`);
  await db.raw(`CREATE TRIGGER broken_assessment BEFORE INSERT ON verdicts FOR EACH ROW
    WHEN (NEW.subject_kind = 'event') EXECUTE FUNCTION fail_to_assess()`);
  return {
    async tries() {
      const { rows } = await db.raw<{ rows: { tries: bigint }[] }>(
        'SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS tries FROM tried_assessments',
      );
      return Number(rows[0]?.tries);
    },
    async mend() {
      await db.raw('DROP TRIGGER broken_assessment ON verdicts');
    },
  };
}
