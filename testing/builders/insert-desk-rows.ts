import { randomUUID } from 'node:crypto';
import type { Db } from '../../db/knex';

/** A sound row in each table of the quarantine desk: a rule, a mapping, a public report with an unknown status, and a rest. */
export async function insertDeskRows(db: Db, workspaceUuid: string): Promise<void> {
  const source = await db('sources').where('workspace_id', workspaceUuid).first('source_id', 'brand_id');
  const now = new Date('2026-11-21T00:00:00Z');
  await db('quarantine_rules').insert({
    rule_id: randomUUID(),
    workspace_id: workspaceUuid,
    name: 'a rule',
    event_field: 'click_ref',
    click_field: 'external_id',
    is_enabled: true,
    created_at: now,
  });
  await db('quarantine_releases').insert({ kind: 'click', ref_id: randomUUID() });
  await db('status_mappings').insert({
    mapping_id: randomUUID(),
    workspace_id: workspaceUuid,
    source_id: source.source_id,
    word: 'maybe',
    kind: 'deposit',
    status: 'confirmed',
    created_by: 'test',
    created_at: now,
  });
  await db('unmapped_reports').insert({
    report_id: randomUUID(),
    workspace_id: workspaceUuid,
    brand_id: source.brand_id,
    source_id: source.source_id,
    trust: 'public',
    report_key: 'a report',
    body_hash: Buffer.from('hash'),
    sender_event_id: 'R1',
    kind: 'deposit',
    status_word: 'maybe',
    fields: '{}',
    unknown_fields: 0,
    received_at: now,
  });
}
