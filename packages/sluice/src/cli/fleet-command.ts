/** What the commands share that ask the fleet of a running Sluice for something. */
import type { Command } from 'commander';
import type { FleetResult } from '../admin/fleet-backend.ts';
import { type AdminFlags, adminOption, callAdmin } from './admin-command.ts';

/** Path of something about a service. */
export function servicePath(service: string, rest: string): string {
  return `/api/services/${encodeURIComponent(service)}/${rest}`;
}

/** Asks for it, and prints what is under way. @throws {CommandFault} with one line when it is refused. */
export async function askFleet(flags: AdminFlags, service: string, verb: string, body: object = {}): Promise<void> {
  const result = (await callAdmin(flags, { method: 'POST', path: servicePath(service, verb), body })) as FleetResult & { result: 'ok' };
  process.stdout.write(`${result.detail}\n`);
}

/** A command that takes a service and nothing else. */
export function registerVerb(program: Command, verb: string, description: string): void {
  program
    .command(verb)
    .description(description)
    .argument('<service>')
    .addOption(adminOption())
    .action((service: string, flags: AdminFlags) => askFleet(flags, service, verb));
}
