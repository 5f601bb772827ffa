/** The `sluice` command. Each subcommand is a module of its own, loaded only when it (or the whole help) is asked for. */
import { Command, CommanderError } from 'commander';
import { CommandFault, EXIT_FAILED, printFault, usageFault } from './console.ts';
import { readVersion } from './version.ts';

/** A subcommand's module. */
interface CommandModule {
  readonly register: (program: Command) => void;
}

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<CommandModule>>> = {
  run: () => import('./run.ts'),
  proxy: () => import('./proxy.ts'),
  up: () => import('./up.ts'),
  check: () => import('./check.ts'),
  schema: () => import('./schema.ts'),
  reload: () => import('./reload.ts'),
  status: () => import('./status.ts'),
  top: () => import('./top.ts'),
  explain: () => import('./explain.ts'),
  drain: () => import('./drain.ts'),
  scale: () => import('./scale.ts'),
  deploy: () => import('./deploy.ts'),
  rollback: () => import('./rollback.ts'),
  hold: () => import('./hold.ts'),
  continue: () => import('./continue.ts'),
  pause: () => import('./pause.ts'),
  resume: () => import('./resume.ts'),
  protect: () => import('./protect.ts'),
  why: () => import('./why.ts'),
  logs: () => import('./logs.ts'),
  alert: () => import('./alert.ts'),
  cert: () => import('./cert.ts'),
  'hash-password': () => import('./hash-password.ts'),
  'hash-token': () => import('./hash-token.ts'),
  purge: () => import('./purge.ts'),
  cache: () => import('./cache-command.ts'),
};

const HELP = `Examples:
  sluice run -- node server.js                  two instances behind http://localhost:8080
  sluice proxy --from :8080 --to 127.0.0.1:3001 --to 127.0.0.1:3002,weight=3
  sluice up --config sluice.config.ts           a whole configuration
  sluice status                                 of the sluice that runs here`;

async function main(args: readonly string[]): Promise<void> {
  const program = new Command('sluice')
    .description('The scaling layer for stateless services: load balancer, reverse proxy and instances in one program.')
    .version(readVersion(), '--version', 'print the version')
    .helpCommand(true)
    .enablePositionalOptions()
    .addHelpText('after', `\n${HELP}`)
    .configureOutput({ outputError: () => {} });
  const [name = ''] = args;
  const wanted = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const modules = wanted === undefined ? Object.values(COMMANDS) : [wanted];
  for (const load of modules) (await load()).register(program);
  for (const command of withSubcommands(program)) command.exitOverride().copyInheritedSettings(program);
  if (args.length === 0) return program.outputHelp();
  await program.parseAsync(args, { from: 'user' });
}

/** A command and all below it. */
function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Commander's messages begin with "error: " and may have a suggestion on a second line. */
function usageOf(error: CommanderError): CommandFault | null {
  if (error.exitCode === 0 || error.code === 'commander.help') return null;
  const text = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  return usageFault(`${text}; see sluice --help`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const fault = error instanceof CommanderError ? usageOf(error) : error;
  if (fault instanceof CommandFault) {
    printFault(fault);
    process.exitCode = fault.exitCode;
  } else if (fault !== null) {
    process.stderr.write(`sluice: unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = EXIT_FAILED;
  }
}
