/** What must hold inside `run`: one kind, and only settings that this kind has. */
import type { Path } from '../fault.ts';
import { formatDuration } from '../quantity.ts';
import { rawDuration, rawField, rawObject, type Report } from '../raw.ts';

const KINDS = ['command', 'container', 'kubernetes', 'autoScalingGroup'] as const;

/** Settings of processes, and where they stand for containers. */
const OF_PROCESSES: Readonly<Record<string, string | null>> = {
  cwd: null,
  env: 'write it in container: { env }',
  user: 'write it in container: { user }',
  socket: null,
  host: null,
  logs: null,
};

const PROBES = ['http', 'tcp', 'none'] as const;

/** Reports faults of what is run. */
export function checkRun(run: unknown, path: Path, report: Report): void {
  if (rawObject(run) !== run) return;
  const kinds = KINDS.filter((kind) => rawField(run, kind) !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    report({
      path,
      what: `must have exactly one of ${KINDS.slice(0, -1).join(', ')} and ${KINDS.at(-1)}, but has ${kind === undefined ? 'none' : kinds.join(' and ')}`,
    });
    return;
  }
  checkKeys(run, kind, path, report);
  checkReady(rawField(run, 'ready'), [...path, 'ready'], report);
  checkRestart(rawField(run, 'restart'), [...path, 'restart'], report);
  if (kind === 'kubernetes') checkKubernetes(rawField(run, kind), [...path, kind], report);
}

function checkKeys(run: unknown, kind: (typeof KINDS)[number], path: Path, report: Report): void {
  if (kind === 'command') {
    if (rawField(run, 'socket') === true && rawField(run, 'host') !== undefined) {
      report({ path: [...path, 'host'], what: 'has no effect beside socket: there is no address to listen on' });
    }
    return;
  }
  for (const [key, hint] of Object.entries(OF_PROCESSES)) {
    if (rawField(run, key) === undefined) continue;
    report({ path: [...path, key], what: `belongs to a command, and this is ${kind}`, hint: kind === 'container' ? hint : null });
  }
  if (kind !== 'container' && rawField(run, 'resources') !== undefined) {
    report({ path: [...path, 'resources'], what: `belongs to a command or container: with ${kind} the platform has it` });
  }
}

function checkReady(ready: unknown, path: Path, report: Report): void {
  const probes = PROBES.filter((probe) => rawField(ready, probe) !== undefined);
  if (probes.length > 1) report({ path, what: `must have at most one of http, tcp and none, but has ${probes.join(' and ')}` });
}

function checkRestart(restart: unknown, path: Path, report: Report): void {
  const [base, max] = [rawDuration(restart, 'base') ?? 100, rawDuration(restart, 'max') ?? 30_000];
  if (base > max) report({ path, what: `must have base at most max, got ${formatDuration(base)} and ${formatDuration(max)}` });
}

function checkKubernetes(kubernetes: unknown, path: Path, report: Report): void {
  if (rawObject(kubernetes) !== kubernetes) return;
  const given = ['deployment', 'statefulSet'].filter((key) => rawField(kubernetes, key) !== undefined);
  if (given.length !== 1) {
    report({ path, what: `must have exactly one of deployment and statefulSet, but has ${given.length === 0 ? 'none' : 'both'}` });
  }
}
