/** `sluice check`: is the configuration right? Every fault at once; exit 2 when there is one. */
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import type { Command } from 'commander';
import type { Fault } from '../config/fault.ts';
import type { FleetPlan } from '../config/fleet-plan.ts';
import type { Plan } from '../config/plan.ts';
import { PlanProcess } from '../io/plan-process.ts';

/** Exit code for a configuration that cannot be run. */
export const EXIT_FAULTS = 2;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('check')
    .description('Check the configuration: every fault at once, or a summary. Exit 2 on faults.')
    .option('--config <file>', 'configuration file (default: sluice.config.{ts,mts,js,mjs,yaml,yml,json})')
    .action(async (options: { config?: string }) => {
      // In a process of its own, as `up` does it: a module that loops or calls process.exit(0) is a fault, not a pass.
      const loader = new PlanProcess();
      const source = { kind: 'file', path: options.config ?? null } as const;
      const result = await loader.load(source, { generation: 1, cores: availableParallelism() });
      loader.close();
      // A gateway that runs goes on with a certificate out of its time; here is the place to find it out.
      const faults = result.ok ? result.outdated : result.faults;
      if (result.ok && faults.length === 0)
        process.stdout.write(
          `${[formatSummary(result.path, result.plan, result.settings.fleet), ...pendingLines(result.plan)].join('\n')}\n`,
        );
      process.stderr.write(formatFaults(result.path, faults, 'fault'));
      if (result.ok) process.stderr.write(formatFaults(result.path, result.warnings, 'warning'));
      if (faults.length > 0) process.exitCode = EXIT_FAULTS;
    });
}

/** Faults as lines, with the file and their number first; empty when there are none. */
export function formatFaults(path: string | null, faults: readonly Fault[], noun: 'fault' | 'warning'): string {
  if (faults.length === 0) return '';
  const head = `${path === null ? 'configuration' : shorten(path)}: ${faults.length} ${noun}${faults.length === 1 ? '' : 's'}\n`;
  return head + faults.map((fault) => `  ${fault.message}\n`).join('');
}

/** What the configuration is, in one line. */
function formatSummary(path: string | null, plan: Plan, fleet: FleetPlan): string {
  const parts = [
    count(plan.listeners.length, 'listener'),
    `${count(plan.services.length, 'service')} with ${what(plan, fleet)}`,
    count(plan.routes.length, 'route'),
    count(plan.workers, 'worker'),
  ];
  return `${path === null ? 'configuration' : shorten(path)} is valid: ${parts.join(', ')}`;
}

/** Endpoints that are written down, and instances that Sluice runs. */
function what(plan: Plan, fleet: FleetPlan): string {
  const endpoints = plan.services.reduce((sum, service) => sum + service.endpoints.length, 0);
  if (fleet.services.length === 0) return count(endpoints, 'endpoint');
  const [min, max] = (['min', 'max'] as const).map((bound) => fleet.services.reduce((sum, { replicas }) => sum + replicas[bound], 0));
  const instances = min === max ? count(max!, 'instance') : `${min} to ${count(max!, 'instance')}`;
  return endpoints === 0 ? instances : `${count(endpoints, 'endpoint')} and ${instances}`;
}

/** Certificates that are not there yet: nothing is wrong with that. */
function pendingLines(plan: Plan): string[] {
  return plan.listeners.flatMap((listener) => {
    if (listener.kind === 'datagram' || listener.tls === null) return [];
    const pending = listener.tls.certificates.filter(({ source, material }) => source.kind === 'acme' && material === null);
    return pending.map(
      ({ names }) =>
        `  listener ${JSON.stringify(listener.name)}: the certificate for ${names.join(', ')} is pending: ordered when sluice runs`,
    );
  });
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

function shorten(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
