/** SQL: the calendar day of a moment in a time zone. Postgres knows the changes of clocks; nobody else is asked. */
export function localDaySql(at: string, zone: string): string {
  return `(${at} AT TIME ZONE ${zone})::date`;
}

/** SQL: the hour of a moment in a time zone, 00 to 23. The hour that clocks repeat is one. */
export function localHourSql(at: string, zone: string): string {
  return `to_char(${at} AT TIME ZONE ${zone}, 'HH24')`;
}

/** SQL: whether the row `scenario` of the table scenarios covers a calendar day; as coversDay of the domain says it. */
export function scenarioCoversSql(scenario: string, day: string): string {
  return `(${day} BETWEEN ${scenario}.from_day AND coalesce(${scenario}.to_day, 'infinity')
    AND (${scenario}.weekdays IS NULL OR extract(isodow FROM ${day})::smallint = ANY (${scenario}.weekdays)))`;
}

/** More than anybody reads of one conversion; who describes thousands of scenarios gets their first tags. */
const TAGS_MAX = 50;

/**
 * SQL: the tags of the scenarios that cover a moment, as text[], in order. Derived when read and not written with the
 * conversion: a scenario that is described later tags the past as well, one that is corrected takes its tags along, and
 * whatever arrives late or is settled again is tagged by its own time without anybody rewriting rows.
 */
export function scenarioTagsSql({ workspace, at }: { workspace: string; at: string }): string {
  return `ARRAY(SELECT DISTINCT s.tag FROM scenarios AS s WHERE s.workspace_id = ${workspace}
    AND ${scenarioCoversSql('s', localDaySql(at, 's.time_zone'))} ORDER BY s.tag LIMIT ${TAGS_MAX})`;
}
