#!/usr/bin/env node
import { Command } from 'commander';
import { translateDbError } from '../db/pg-errors';
import { migrateCommand } from './commands/migrate';
import { rebuildJourneysCommand } from './commands/rebuild-journeys';
import { simulateCommand } from './commands/simulate';
import { startCommand } from './commands/start';
import { workspaceCommand } from './commands/workspace';
import { complain, explain, outliveOutput } from './output';

const program = new Command('clickchain')
  .description('Every ad click is a durable journey that ends in booked money and delivered postbacks.')
  .addCommand(startCommand())
  .addCommand(migrateCommand())
  .addCommand(workspaceCommand())
  .addCommand(rebuildJourneysCommand())
  .addCommand(simulateCommand())
  .showHelpAfterError();

outliveOutput();
program.parseAsync().catch((error: unknown) => {
  complain(explain(translateDbError(error) ?? error));
  process.exitCode = 1;
});
