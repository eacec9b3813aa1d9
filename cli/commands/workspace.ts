import { Command } from 'commander';
import { changeWorkspaceHost, createAdminKey, createWorkspace } from '../../db/seed-instance';
import { hostName } from '../../domain/campaign-link';
import { say } from '../output';
import { withDatabase } from './migrate';

export function workspaceCommand(): Command {
  const create = new Command('create')
    .description('make another tenant and print its admin key, which is shown only once')
    .argument('<name>', 'name of the workspace')
    .action(async (given: string) => {
      const name = given.trim();
      if (name === '') throw new Error('A workspace needs a name that is not blank.');
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
  const host = new Command('host')
    .description('give a tenant a host name on which every click link is its own')
    .argument('<name>', 'name of the workspace')
    .argument('<host>', 'a name that leads to this instance, and to no other tenant')
    .option('--remove', 'take it back')
    .action(async (name: string, given: string, { remove }: { remove?: true }) => {
      const known = hostName(given);
      if (known === null) throw new Error(`${given} is no name of a host.`);
      const isRemoved = remove === true;
      const input = { workspaceName: name, host: known, isRemoved, nowMs: Date.now() };
      const outcome = await withDatabase((db) => changeWorkspaceHost(db, input));
      say(hostText(outcome, name, known, isRemoved));
    });
  return new Command('workspace')
    .description('manage tenants')
    .addCommand(create)
    .addCommand(key)
    .addCommand(host);
}

/** What became of it. Throws when nothing did. */
function hostText(
  outcome: Awaited<ReturnType<typeof changeWorkspaceHost>>,
  name: string,
  host: string,
  isRemoved: boolean,
): string {
  switch (outcome) {
    case 'changed':
      return isRemoved
        ? `${host} belongs to no workspace any more.`
        : `Links on ${host} are those of ${name}, and of nobody else.`;
    case 'missing':
      throw new Error(`No workspace is called ${name}.`);
    case 'taken':
      throw new Error(`${host} belongs to another workspace.`);
    case 'unknown':
      throw new Error(`${host} does not belong to ${name}.`);
  }
}
