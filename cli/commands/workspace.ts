import { Command } from 'commander';
import { createAdminKey, createWorkspace } from '../../db/seed-instance';
import { say } from '../output';
import { withDatabase } from './migrate';

export function workspaceCommand(): Command {
  const create = new Command('create')
    .description('make another tenant and print its admin key, which is shown only once')
    .argument('<name>', 'name of the workspace')
    .action(async (name: string) => {
      const made = await withDatabase((db) => createWorkspace(db, { name, nowMs: Date.now() }));
      say(`Workspace ${made.workspaceId}\nAdmin key ${made.adminKey}`);
    });
  const key = new Command('key')
    .description('make another admin key for a tenant and print it, which is done only once')
    .argument('<name>', 'name of the workspace')
    .action(async (name: string) => {
      const made = await withDatabase((db) => createAdminKey(db, { workspaceName: name, nowMs: Date.now() }));
      if (made === null) throw new Error(`No workspace is called ${name}.`);
      say(`Workspace ${made.workspaceId}\nAdmin key ${made.adminKey}`);
    });
  return new Command('workspace').description('manage tenants').addCommand(create).addCommand(key);
}
