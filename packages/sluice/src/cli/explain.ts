/** `sluice explain`: which route and endpoints a request would get, and why. Sends nothing. */
import type { Command } from 'commander';
import type { Explained, ExplainedService } from '../admin/backend.ts';
import { type AdminFlags, adminOption, callAdmin } from './admin-command.ts';
import { usageFault } from './console.ts';

interface ExplainFlags extends AdminFlags {
  readonly header?: readonly string[];
  readonly listener?: string;
  readonly json?: true;
}

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('explain')
    .description('Say which route a request would take and which endpoints it could get, and why.')
    .argument('<method>')
    .argument('<url>', 'http://host/path, or /path')
    .option('--header <line>', "a header, 'name: value'; may be repeated", collect)
    .option('--listener <name>', 'the listener that gets the request (default: the first)')
    .option('--json', 'as JSON')
    .addOption(adminOption())
    .action(async (method: string, url: string, flags: ExplainFlags) => {
      const query = new URLSearchParams({ method, url });
      for (const header of flags.header ?? []) query.append('header', header);
      if (flags.listener !== undefined) query.set('listener', flags.listener);
      const explained = (await callAdmin(flags, { method: 'GET', path: `/api/explain?${query.toString()}` })) as Explained;
      process.stdout.write(flags.json === true ? `${JSON.stringify(explained, null, 2)}\n` : `${explainLines(explained).join('\n')}\n`);
    });
}

function collect(line: string, before: readonly string[] = []): readonly string[] {
  if (!/^[^\s:]+\s*:/.test(line)) throw usageFault(`--header must be 'name: value', got "${line}"`);
  return [...before, line];
}

const MARKS = { chosen: '>', matches: ' ', differs: ' ' } as const;

/** The lines for people. */
export function explainLines(explained: Explained): string[] {
  const { method, host, path, listener, action, filters, routes, omitted, services } = explained;
  const width = Math.max(0, ...routes.map(({ name }) => name.length));
  const lines = [`${method} ${host} ${path} on listener ${listener}`, '', action ?? 'no route matches: answered with 404'];
  if (filters.length > 0) lines.push(`through ${filters.join(', ')}`);
  for (const { name, verdict, reason } of routes) lines.push(`  ${MARKS[verdict]} ${name.padEnd(width)}  ${reason}`);
  if (omitted > 0) lines.push(`    and ${omitted} more that come later`);
  return [...lines, ...services.flatMap(serviceLines)];
}

function serviceLines({ name, share, balance, note, endpoints }: ExplainedService): string[] {
  const width = Math.max(0, ...endpoints.map(({ address }) => address.length));
  const lines = ['', `service ${name}: ${percent(share)} of the requests, ${balance}${note === null ? '' : `; ${note}`}`];
  for (const endpoint of endpoints) {
    const why = endpoint.reason === null || endpoint.reason === endpoint.state ? '' : `: ${endpoint.reason}`;
    lines.push(`  ${percent(endpoint.share).padStart(7)}  ${endpoint.address.padEnd(width)}  ${endpoint.state}${why}`);
  }
  if (endpoints.every((endpoint) => endpoint.share === 0)) lines.push('  no endpoint can be picked: answered with 503');
  return lines;
}

function percent(share: number): string {
  const value = share * 100;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} %`;
}
