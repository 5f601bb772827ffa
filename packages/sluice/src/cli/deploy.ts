/** `sluice deploy`: puts another version in the place of the one that runs, without a lost request. */
import { Option, type Command } from 'commander';
import { type AdminFlags, adminOption } from './admin-command.ts';
import { usageFault } from './console.ts';
import { askFleet } from './fleet-command.ts';
import { repeated } from './flags.ts';

interface DeployFlags extends AdminFlags {
  readonly command?: readonly string[];
  readonly image?: string;
  readonly env?: readonly string[];
  readonly setVersion?: string;
  readonly strategy?: string;
  readonly promote?: true;
}

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('deploy')
    .description('Put another version in the place of the one that runs. Without anything new: the same once more, as after a build.')
    .argument('<service>')
    .argument('[command...]', 'the new program and its arguments, after --')
    .option('--command <word...>', 'the same, where none of its words begins with a dash')
    .option('--image <image>', 'the new image, for containers')
    .option('--env <NAME=value>', 'a variable of the new version (may be repeated)', repeated)
    .option('--set-version <name>', 'what to call it (default: v2, v3, …)')
    .addOption(new Option('--strategy <strategy>', 'default: what the configuration says').choices(['rolling', 'canary', 'blue-green']))
    .option('--promote', 'let a deploy that waits go on to its next step')
    .addOption(adminOption())
    .addHelpText('after', `\n${HELP}`)
    .action((service: string, command: readonly string[], flags: DeployFlags) =>
      flags.promote === true
        ? askFleet(flags, service, 'promote')
        : askFleet(flags, service, 'deploy', deployBody(command.length > 0 ? command : (flags.command ?? []), flags)),
    );
}

const HELP = `Examples:
  sluice deploy users -- node users-2.js
  sluice deploy users --strategy canary -- node users-2.js
  sluice deploy users --image registry.example/users:2
  sluice deploy users --promote
\`sluice status\` shows how far it is, \`sluice rollback\` takes it back.`;

/** What the request says; what is not given stays as it is. */
function deployBody(command: readonly string[], { image, env, setVersion, strategy }: DeployFlags): object {
  return {
    ...(command.length === 0 ? {} : { command }),
    ...(image === undefined ? {} : { image }),
    ...(env === undefined ? {} : { env: Object.fromEntries(env.map(variable)) }),
    ...(setVersion === undefined ? {} : { version: setVersion }),
    ...(strategy === undefined ? {} : { strategy }),
  };
}

function variable(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals <= 0) throw usageFault(`--env must be NAME=value, got "${text}"`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}
