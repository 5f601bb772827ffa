/** `sluice run`: several instances of a program behind one address, from one command, and as many as its load needs. */
import type { Command } from 'commander';
import { adminFlag, fixedSource } from './config-source.ts';
import { usageFault } from './console.ts';
import { listenerFlags, repeated, serviceName, wholeNumber } from './flags.ts';

interface RunFlags {
  readonly port: string;
  readonly instances?: string;
  readonly min?: string;
  readonly max?: string;
  readonly target?: readonly string[];
  readonly socket?: true;
  readonly detach?: true;
  readonly directory?: string;
  readonly name: string;
  readonly tls?: string;
  readonly health?: string;
  readonly balance: string;
  readonly admin?: string;
  readonly workers?: string;
}

const INSTANCES_MAX = 1_000;
const INSTANCES = 2;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('run')
    .description('Run several instances of a program and balance over them.')
    .argument('<command...>', 'the program and its arguments, after --')
    .option('--port <port>', 'port or address to listen on', '8080')
    .option('--instances <number>', `how many instances (default: ${INSTANCES})`)
    .option('--min <number>', 'never fewer instances; 0 lets the service sleep while nobody asks')
    .option('--max <number>', 'as many instances as the load needs, up to this')
    .option(
      '--target <signal=value>',
      'what one instance is to have: in-flight=20, rps=100, cpu=0.7, latency=200ms, … (may be repeated)',
      repeated,
    )
    .option('--socket', 'instances listen on unix sockets (PORT is a path): cheaper than TCP for small requests')
    .option('--detach', 'instances outlive sluice, and are found again when it starts')
    .option('--directory <path>', 'where instances are remembered with --detach', '.sluice')
    .option('--name <name>', "the service's name", 'web')
    .option('--tls <what>', 'https instead of http: dev (a certificate for this machine), or CERT.pem,KEY.pem')
    .option('--health <path>', 'path that answers 200-399 when an instance is ready and well (without it: a TCP connection)')
    .option('--balance <algorithm>', 'p2c, round-robin, least-connections, …', 'p2c')
    .option('--workers <number>', 'data-plane threads (default: one per core)')
    .option('--admin <address>', 'where the admin API listens, or off (default: 127.0.0.1:9900)')
    .passThroughOptions()
    .addHelpText('after', `\n${HELP}`)
    .action(async (command: string[], flags: RunFlags) => {
      process.exitCode = await run(command, flags);
    });
}

const HELP = `Each instance gets PORT and HOST=127.0.0.1 in its environment, is used when it answers, and is started
again with backoff when it exits. With --max there are as many as the requests in flight ask for
(20 each, unless --target says otherwise), decided once a second; \`sluice why NAME\` tells why.

Examples:
  sluice run -- node server.js
  sluice run --port 3000 --instances 4 --health /healthz -- node server.js
  sluice run --min 1 --max 8 --target in-flight=20 -- node server.js
  sluice run --min 0 --max 4 -- node server.js
  sluice run --port 8443 --tls dev -- node server.js
  sluice run --name api --balance least-connections -- npm start`;

async function run(command: readonly string[], flags: RunFlags): Promise<number> {
  const { health, balance } = flags;
  const name = serviceName(flags.name);
  const replicas = replicasFlags(flags);
  if (health !== undefined && !health.startsWith('/')) throw usageFault(`--health must be a path such as /healthz, got "${health}"`);
  const raw = {
    listeners: { [name]: listenerFlags('--port', flags.port, flags.tls) },
    services: {
      [name]: {
        run: { command, ...(flags.socket === true ? { socket: true } : {}), ...(health === undefined ? {} : { ready: health }) },
        replicas,
        balance,
      },
    },
    routes: [{ path: '/*', to: name }],
    fleet: flags.detach === true ? { detach: true, directory: flags.directory } : {},
  };
  const workers = flags.workers === undefined ? undefined : wholeNumber('--workers', flags.workers, 1, INSTANCES_MAX);
  const source = fixedSource(`${howMany(replicas)} × ${command.join(' ')}`, raw, { admin: adminFlag(flags.admin), workers });
  // The fleet is loaded when a service needs it; here one does, and so it is there before its configuration is.
  const [{ Program }] = await Promise.all([import('./program.ts'), import('./fleet-parts.ts')]);
  return new Program({ source, isAdminOptional: flags.admin === undefined, isReloadable: false, needsInstances: true }).run();
}

interface Replicas {
  readonly min: number;
  readonly max: number;
  readonly scale?: readonly object[];
}

/** What the flags say of the number of instances, in the form of the configuration. */
function replicasFlags({ instances, min, max, target = [] }: RunFlags): Replicas {
  if (instances !== undefined && (min !== undefined || max !== undefined || target.length > 0))
    throw usageFault('--instances is a fixed number: leave it out beside --min, --max and --target');
  if (instances !== undefined || (min === undefined && max === undefined)) {
    if (target.length > 0) throw usageFault('--target needs --max: how many instances there may be');
    const count = wholeNumber('--instances', instances ?? String(INSTANCES), 1, INSTANCES_MAX);
    return { min: count, max: count };
  }
  const lowest = wholeNumber('--min', min ?? '1', 0, INSTANCES_MAX);
  const highest = wholeNumber('--max', max ?? String(Math.max(1, lowest)), 1, INSTANCES_MAX);
  if (lowest > highest) throw usageFault(`--min must be at most --max, got ${lowest} and ${highest}`);
  return { min: lowest, max: highest, scale: target.length > 0 ? target.map(targetFlag) : [{ signal: 'in-flight', target: 20 }] };
}

/** `in-flight=20`, `latency=200ms`. What is allowed for a signal, the configuration says. */
function targetFlag(text: string): object {
  const equals = text.indexOf('=');
  const [signal, value] = [text.slice(0, equals), text.slice(equals + 1)];
  if (equals <= 0 || value === '') throw usageFault(`--target must be a signal and a value such as in-flight=20, got "${text}"`);
  return { signal, target: /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value };
}

function howMany({ min, max }: Replicas): string {
  return min === max ? String(min) : `${min}–${max}`;
}
