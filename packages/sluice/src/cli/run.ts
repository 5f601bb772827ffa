/** `sluice run`: several instances of a program behind one address, from one command. */
import type { Command } from 'commander';
import { ProcessFleet } from '../control/fleet/process-fleet.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import { freePort } from '../io/ports.ts';
import { startProcess } from '../io/processes.ts';
import { probeReadiness } from '../io/readiness.ts';
import { adminFlag, fixedSource } from './config-source.ts';
import { printInstanceLine, usageFault } from './console.ts';
import { listenerFlags, serviceName, wholeNumber } from './flags.ts';

interface RunFlags {
  readonly port: string;
  readonly instances: string;
  readonly name: string;
  readonly tls?: string;
  readonly health?: string;
  readonly balance: string;
  readonly admin?: string;
  readonly workers?: string;
}

const INSTANCES_MAX = 1_000;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('run')
    .description('Run several instances of a program and balance over them.')
    .argument('<command...>', 'the program and its arguments, after --')
    .option('--port <port>', 'port or address to listen on', '8080')
    .option('--instances <number>', 'how many instances', '2')
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
again with backoff when it exits.

Examples:
  sluice run -- node server.js
  sluice run --port 3000 --instances 4 --health /healthz -- node server.js
  sluice run --port 8443 --tls dev -- node server.js
  sluice run --name api --balance least-connections -- npm start`;

async function run(command: readonly string[], flags: RunFlags): Promise<number> {
  const { health, balance } = flags;
  const name = serviceName(flags.name);
  const instances = wholeNumber('--instances', flags.instances, 1, INSTANCES_MAX);
  if (health !== undefined && !health.startsWith('/')) throw usageFault(`--health must be a path such as /healthz, got "${health}"`);
  const raw = {
    listeners: { [name]: listenerFlags('--port', flags.port, flags.tls) },
    services: {
      [name]: {
        endpoints: [],
        balance,
        ...(health === undefined ? {} : { health: { http: health, interval: '2s' } }),
      },
    },
    routes: [{ path: '/*', to: name }],
  };
  const workers = flags.workers === undefined ? undefined : wholeNumber('--workers', flags.workers, 1, INSTANCES_MAX);
  const source = fixedSource(`${instances} × ${command.join(' ')}`, raw, { admin: adminFlag(flags.admin), workers });
  const { Program } = await import('./program.ts');
  return new Program({
    source,
    isAdminOptional: flags.admin === undefined,
    isReloadable: false,
    fleet: (world) =>
      new ProcessFleet({
        service: name,
        instances,
        command,
        cwd: null,
        env: {},
        healthPath: health ?? null,
        runtime: nodeRuntime,
        startProcess,
        probe: probeReadiness,
        freePort,
        line: printInstanceLine,
        ...world,
      }),
  }).run();
}
