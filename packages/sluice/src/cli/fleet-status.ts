/** The part of `sluice status` about instances that Sluice runs: one row for a service, one for each instance, and what somebody should know. */
import type { FleetServiceStatus, InstanceStatus } from '../observe/fleet-status.ts';
import { type Column, shortAge, shortCount } from './table.ts';

export const INSTANCE_COLUMNS: readonly Column[] = [
  { title: 'INSTANCES', align: 'left' },
  { title: 'VERSION', align: 'left' },
  { title: 'STATE', align: 'left' },
  { title: 'INFL', align: 'right' },
  { title: 'CPU', align: 'right' },
  { title: 'MEM', align: 'right' },
  { title: 'AGE', align: 'right' },
  { title: 'RST', align: 'right' },
];

/** The rows of one service. */
export function fleetRows(service: FleetServiceStatus): string[][] {
  const { wanted, ready, min, max } = service;
  const name = `${service.service} ${ready}/${wanted} of ${min === max ? min : `${min}–${max}`}`;
  return [[name, service.version, stateOf(service), '', '', '', '', ''], ...service.instances.map(instanceRow)];
}

/** What does not fit into a table: deploys, troubles with their remedies. */
export function fleetNotes({ service, deploy, note, instances }: FleetServiceStatus): string[] {
  const notes: string[] = [];
  if (deploy !== null) {
    const { from, to, strategy, phase, share, ready, wanted, reason } = deploy;
    notes.push(
      `${service}: ${strategy} deploy of ${to} in place of ${from}: ${phase}, ${percent(share)} of the requests, ${ready} of ${wanted} ready; ${reason}`,
    );
  }
  if (note !== null) notes.push(`${service}: ${note}`);
  for (const { trouble } of instances) if (trouble !== null) notes.push(trouble);
  return notes;
}

function stateOf({ isPaused, isAsleep, manual, deploy }: FleetServiceStatus): string {
  if (isPaused) return 'paused';
  if (deploy !== null) return 'deploying';
  if (isAsleep) return 'asleep';
  return manual === null ? 'auto' : 'fixed';
}

function instanceRow(instance: InstanceStatus): string[] {
  const { id, version, phase, inflight, cpu, memoryBytes, ageSeconds, restarts, isProtected } = instance;
  return [
    `  ${id}${isProtected ? ' protected' : ''}`,
    version,
    phase,
    shortCount(inflight),
    cpu === null ? '-' : cpu.toFixed(2),
    memoryBytes === null ? '-' : shortBytes(memoryBytes),
    shortAge(ageSeconds),
    shortCount(restarts),
  ];
}

/** `64M`, `1.5G`. */
function shortBytes(bytes: number): string {
  const mebibytes = bytes / 1_048_576;
  if (mebibytes < 999.5) return `${mebibytes < 9.95 ? mebibytes.toFixed(1) : Math.round(mebibytes)}M`;
  return `${(mebibytes / 1_024).toFixed(1)}G`;
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10}%`;
}
