/** `sluice status`: listeners, services and endpoints of a running Sluice, as a table for people or as JSON. */
import { stripVTControlCharacters } from 'node:util';
import type { Command } from 'commander';
import type { CertificateStatus, EndpointStatus, ServiceStatus, Status, TrafficStatus } from '../observe/status.ts';
import { type AdminFlags, adminOption, callAdmin } from './admin-command.ts';
import { fleetNotes, fleetRows, INSTANCE_COLUMNS } from './fleet-status.ts';
import { type Column, shortAge, shortCount, shortDuration, tableLines } from './table.ts';

interface StatusFlags extends AdminFlags {
  readonly json?: true;
}

const WIDTH = 80;

const TRAFFIC_COLUMNS: readonly Column[] = [
  { title: 'INFL', align: 'right' },
  { title: 'REQS', align: 'right' },
  { title: 'ERRS', align: 'right' },
  { title: 'P50', align: 'right' },
  { title: 'P95', align: 'right' },
  { title: 'P99', align: 'right' },
];

const LISTENER_COLUMNS: readonly Column[] = [{ title: 'LISTENER', align: 'left' }, { title: 'CONNS', align: 'right' }, ...TRAFFIC_COLUMNS];

const CERTIFICATE_COLUMNS: readonly Column[] = [
  { title: 'CERTIFICATE', align: 'left' },
  { title: 'FROM', align: 'left' },
  { title: 'ENDS', align: 'left' },
  { title: 'RENEWS', align: 'left' },
  { title: 'STAPLED', align: 'left' },
];

const SERVICE_COLUMNS: readonly Column[] = [
  { title: 'SERVICE', align: 'left' },
  { title: 'STATE', align: 'left' },
  { title: 'WGT', align: 'right' },
  ...TRAFFIC_COLUMNS,
];

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('status')
    .description('Show listeners, services, endpoints and instances of a running sluice.')
    .option('--json', 'everything, as JSON')
    .addOption(adminOption())
    .action(async (flags: StatusFlags) => {
      const status = (await callAdmin(flags, { method: 'GET', path: '/api/status' })) as Status;
      process.stdout.write(flags.json === true ? `${JSON.stringify(status, null, 2)}\n` : `${statusLines(status).join('\n')}\n`);
    });
}

/** The lines for people, at most 80 characters each. */
export function statusLines(status: Status): string[] {
  const { version, pid, uptimeSeconds, generation, workers, workerRestarts } = status;
  const restarts = workerRestarts === 0 ? '' : ` (${workerRestarts} restarted)`;
  const lines = [
    `sluice ${version}, pid ${pid}, up ${shortAge(uptimeSeconds)}, generation ${generation}, ${plural(workers, 'worker')}${restarts}`,
  ];
  if (status.reloadsRefused > 0) lines.push(`reloads: ${status.reloadsApplied} applied, ${status.reloadsRefused} refused`);
  const listeners = status.listeners.map((one) => [
    `${one.name} ${one.protocol} ${one.address}${one.engine === 'kernel' ? ' kernel' : ''}`,
    shortCount(one.connections),
    ...trafficCells(one),
  ]);
  lines.push('', ...tableLines(LISTENER_COLUMNS, listeners, WIDTH));
  if (status.certificates.length > 0) lines.push('', ...tableLines(CERTIFICATE_COLUMNS, status.certificates.map(certificateRow), WIDTH));
  if (status.services.length > 0) lines.push('', ...tableLines(SERVICE_COLUMNS, status.services.flatMap(serviceRows), WIDTH));
  if (status.fleet.length > 0) lines.push('', ...tableLines(INSTANCE_COLUMNS, status.fleet.flatMap(fleetRows), WIDTH));
  const notes = [
    ...status.certificates.flatMap(certificateNotes),
    ...status.services.flatMap(serviceNotes),
    ...status.fleet.flatMap(fleetNotes).map(visible),
  ];
  if (notes.length > 0) lines.push('', ...notes.flatMap(wrap));
  return lines;
}

function certificateRow({ listener, names, source, notAfter, nextAttempt, isStapled }: CertificateStatus): string[] {
  const more = names.length > 1 ? ` +${names.length - 1}` : '';
  const renews = nextAttempt === null ? '-' : minute(nextAttempt);
  return [
    `${listener} ${names[0] ?? ''}${more}`,
    source,
    notAfter === null ? 'pending' : minute(notAfter),
    renews,
    isStapled ? 'yes' : '-',
  ];
}

function certificateNotes({ names, lastError }: CertificateStatus): string[] {
  return lastError === null ? [] : [visible(`certificate ${names.join(' ')}: ${lastError}`)];
}

/** `2026-11-20 08:00` (UTC) of an RFC 3339 time. */
function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

function serviceRows(service: ServiceStatus): string[][] {
  const state = service.breaker === 'closed' ? service.state : `breaker ${service.breaker}`;
  const own = [`${service.name} (${service.balance})`, state, '', ...trafficCells(service)];
  return [own, ...service.endpoints.map(endpointRow)];
}

function endpointRow(endpoint: EndpointStatus): string[] {
  const priority = endpoint.priority === 0 ? '' : ` p${endpoint.priority}`;
  return [`  ${endpoint.address}${priority}`, endpoint.state, String(endpoint.weight), ...trafficCells(endpoint)];
}

function trafficCells({ inflight, requests, errors, p50Ms, p95Ms, p99Ms }: TrafficStatus): string[] {
  return [shortCount(inflight), shortCount(requests), shortCount(errors), ...[p50Ms, p95Ms, p99Ms].map(shortDuration)];
}

function serviceNotes({ name, note, endpoints, parked, queued }: ServiceStatus): string[] {
  const own = note === null ? [] : [`${name}: ${note}`];
  if (parked > 0) own.push(`${name}: ${waiting(parked)} for an instance`);
  if (queued > 0) own.push(`${name}: ${waiting(queued)} for room under its bounds`);
  return [...own, ...endpoints.flatMap((one) => (one.note === null ? [] : [`${name} ${one.address}: ${one.note}`]))].map(visible);
}

function waiting(count: number): string {
  return `${shortCount(count)} ${count === 1 ? 'request waits' : 'requests wait'}`;
}

/** A reason may hold what an endpoint said: nothing of it may steer the terminal. */
function visible(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}

/** Breaks at spaces; later lines are indented. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = `    ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
