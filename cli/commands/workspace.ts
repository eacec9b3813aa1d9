import { Command } from 'commander';
import { violates } from '../../db/pg-errors';
import { createWorkspace } from '../../db/seed-instance';
import { say } from '../output';
import { withDatabase } from './migrate';

export function workspaceCommand(): Command {
  const create = new Command('create')
    .description('make another tenant and print its admin key, which is shown only once')
    .argument('<name>', 'name of the workspace')
    .action(createByName);
  return new Command('workspace').description('manage tenants').addCommand(create);
}

async function createByName(name: string): Promise<void> {
  try {
    const made = await withDatabase((db) => createWorkspace(db, { name, nowMs: Date.now() }));
    say(`Workspace ${made.workspaceId}\nAdmin key ${made.adminKey}`);
  } catch (error) {
    if (!violates(error, 'workspaces_name_key')) throw error;
    throw new Error(`There is a workspace named ${JSON.stringify(name)} already.`);
  }
}
