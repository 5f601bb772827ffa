/** `sluice drain`: takes an endpoint out of use gently, waits until it has finished; `--undo` brings it back. */
import type { Command } from 'commander';
import type { DrainResult, UndrainResult } from '../admin/backend.ts';
import { parseDuration } from '../config/quantity.ts';
import { type AdminFlags, adminOption, callAdmin } from './admin-command.ts';
import { CommandFault, EXIT_FAILED, usageFault } from './console.ts';
import { shortDuration } from './table.ts';

interface DrainFlags extends AdminFlags {
  readonly deadline?: string;
  readonly undo?: true;
}

const DAY_MS = 86_400_000;
/** Beyond the drain's deadline, for the answer to arrive. */
const GRACE_MS = 10_000;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('drain')
    .description('Let an endpoint finish what it has and give it nothing new; ends when it is done.')
    .argument('<service>')
    .argument('<endpoint>', 'its address, as `sluice status` shows it')
    .option('--deadline <duration>', 'how long requests and sessions may take (default: the drainTimeout of the service)')
    .option('--undo', 'bring a drained endpoint back into use')
    .addOption(adminOption())
    .action(async (service: string, endpoint: string, flags: DrainFlags) => {
      const path = `/api/services/${encodeURIComponent(service)}/endpoints/${encodeURIComponent(endpoint)}`;
      const line = flags.undo === true ? await undrain(flags, path, endpoint) : await drain(flags, path, endpoint);
      process.stdout.write(`${line}\n`);
    });
}

async function drain(flags: DrainFlags, path: string, endpoint: string): Promise<string> {
  const deadlineMs = flags.deadline === undefined ? null : parseDuration(flags.deadline);
  if (flags.deadline !== undefined && (deadlineMs === null || deadlineMs > DAY_MS)) {
    throw usageFault(`--deadline must be a duration such as 30s, at most 24h, got "${flags.deadline}"`);
  }
  const body = flags.deadline === undefined ? undefined : { deadline: flags.deadline };
  const timeoutMs = (deadlineMs ?? DAY_MS) + GRACE_MS;
  return drainLine((await callAdmin(flags, { method: 'POST', path: `${path}/drain`, body, timeoutMs })) as DrainResult, endpoint);
}

/** @throws {CommandFault} when the endpoint is not drained. */
function drainLine(result: DrainResult, endpoint: string): string {
  switch (result.result) {
    case 'drained':
      return `${endpoint} is drained, after ${shortDuration(result.tookMs)}`;
    case 'deadline':
      throw failure(`${endpoint} gets nothing new, but had ${result.inflight} in flight at the deadline (${shortDuration(result.tookMs)})`);
    case 'undrained':
      throw failure(`${endpoint} was brought back into use by somebody else`);
    case 'unknown':
      throw failure(result.problem);
  }
}

async function undrain(flags: DrainFlags, path: string, endpoint: string): Promise<string> {
  const result = (await callAdmin(flags, { method: 'POST', path: `${path}/undrain` })) as UndrainResult;
  if (result.result === 'undrained') return `${endpoint} is back in use`;
  throw failure(result.result === 'unknown' ? result.problem : `${endpoint} was not drained`);
}

function failure(line: string): CommandFault {
  return new CommandFault([line], EXIT_FAILED);
}
