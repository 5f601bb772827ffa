/** `sluice proxy`: a load balancer over addresses, from one command. */
import type { Command } from 'commander';
import { adminFlag, fixedSource } from './config-source.ts';
import { usageFault } from './console.ts';
import { endpointFlag, listenerFlags, repeated, serviceName, wholeNumber } from './flags.ts';

interface ProxyFlags {
  readonly from: string;
  readonly to?: readonly string[];
  readonly name: string;
  readonly tls?: string;
  readonly health?: string;
  readonly balance: string;
  readonly admin?: string;
  readonly workers?: string;
}

const WORKERS_MAX = 64;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('proxy')
    .description('Balance over addresses that are already there.')
    .requiredOption('--from <address>', 'where to listen: :8080, 127.0.0.1:8080 or unix:/path')
    .option('--to <address>', 'an endpoint, with its weight if it has one: 127.0.0.1:3001,weight=3; repeat it', repeated)
    .option('--name <name>', "the service's name", 'web')
    .option('--tls <what>', 'https instead of http: dev (a certificate for this machine), or CERT.pem,KEY.pem')
    .option('--health <path>', 'probe this path of each endpoint; use it only while it answers 200-399')
    .option('--balance <algorithm>', 'p2c, round-robin, least-connections, …', 'p2c')
    .option('--workers <number>', 'data-plane threads (default: one per core)')
    .option('--admin <address>', 'where the admin API listens, or off (default: 127.0.0.1:9900)')
    .addHelpText('after', `\n${HELP}`)
    .action(async (flags: ProxyFlags) => {
      process.exitCode = await proxy(flags);
    });
}

const HELP = `Examples:
  sluice proxy --from :8080 --to 127.0.0.1:3001 --to 127.0.0.1:3002,weight=3
  sluice proxy --from :8443 --tls dev --to 127.0.0.1:3001
  sluice proxy --from :8080 --to unix:/run/app.sock --balance least-connections --health /healthz`;

async function proxy(flags: ProxyFlags): Promise<number> {
  const { health, balance } = flags;
  const name = serviceName(flags.name);
  if (flags.to === undefined) throw usageFault('--to is needed at least once: --to 127.0.0.1:3001');
  if (health !== undefined && !health.startsWith('/')) throw usageFault(`--health must be a path such as /healthz, got "${health}"`);
  const endpoints = flags.to.map(endpointFlag);
  const raw = {
    listeners: { [name]: listenerFlags('--from', flags.from, flags.tls) },
    services: { [name]: { endpoints, balance, ...(health === undefined ? {} : { health: { http: health, interval: '2s' } }) } },
    routes: [{ path: '/*', to: name }],
  };
  const workers = flags.workers === undefined ? undefined : wholeNumber('--workers', flags.workers, 1, WORKERS_MAX);
  const source = fixedSource(`proxy from ${flags.from}`, raw, { admin: adminFlag(flags.admin), workers });
  const { Program } = await import('./program.ts');
  return new Program({
    source,
    isAdminOptional: flags.admin === undefined,
    isReloadable: false,
  }).run();
}
