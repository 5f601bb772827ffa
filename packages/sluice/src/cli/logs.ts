/** `sluice logs`: what the instances of a service print. */
import type { Command } from 'commander';
import type { LogLine } from '../admin/fleet-backend.ts';
import { type AdminFlags, adminOption, followAdmin } from './admin-command.ts';
import { plainLine, printInstanceLine } from './console.ts';
import { servicePath } from './fleet-command.ts';
import { wholeNumber } from './flags.ts';

interface LogsFlags extends AdminFlags {
  readonly follow?: true;
  readonly lines: string;
  readonly instance?: string;
  readonly json?: true;
}

const LINES_MAX = 1_000;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('logs')
    .description('Show what the instances of a service print.')
    .argument('<service>')
    .option('-f, --follow', 'then each new line, until Ctrl-C')
    .option('-n, --lines <number>', 'how many of the last lines', '100')
    .option('--instance <instance>', 'of this one only: users.3')
    .option('--json', 'a JSON object in each line')
    .addOption(adminOption())
    .action(async (service: string, flags: LogsFlags) => {
      const query = new URLSearchParams({ lines: String(wholeNumber('--lines', flags.lines, 0, LINES_MAX)) });
      if (flags.instance !== undefined) query.set('instance', flags.instance);
      if (flags.follow === true) query.set('follow', 'true');
      const path = `${servicePath(service, 'logs')}?${query}`;
      for await (const line of followAdmin(flags, path)) print(line, flags.json === true);
    });
}

/** A line of a program may steer the terminal only where it is its own: here it is read by somebody else. */
function print(line: string, isJson: boolean): void {
  if (isJson) {
    process.stdout.write(`${line}\n`);
    return;
  }
  const { instance, stream, text } = JSON.parse(line) as LogLine;
  printInstanceLine(instance, stream, plainLine(text));
}
