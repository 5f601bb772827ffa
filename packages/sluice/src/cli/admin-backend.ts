/** What the admin API asks, answered by the control plane. */
import type { AdminBackend, DrainResult } from '../admin/backend.ts';
import { isPanicking } from '../admin/explain-service.ts';
import { explainRequest } from '../admin/explain.ts';
import { formatAddress } from '../config/address.ts';
import type { Running } from '../control/apply/applier.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import { compileLinearRegex } from '../io/regex.ts';
import { EXPOSITION_TYPES, negotiate } from '../observe/exposition-format.ts';
import { expose } from '../observe/exposition.ts';
import type { ProcessFacts } from '../observe/metric-family.ts';
import { buildLimits } from '../observe/limits-builder.ts';
import { buildStatus } from '../observe/status-builder.ts';
import { certificateStatus } from './certificate-status.ts';
import type { ControlPlane } from './control-plane.ts';
import type { ObservePlane } from './observe-plane.ts';
import { processFacts } from './process-facts.ts';
import type { ProgramState } from './program-state.ts';

export function adminBackend(plane: ControlPlane, observe: ObservePlane, program: ProgramState): AdminBackend {
  const { applier, board, table, health, certificates } = plane;
  const running = (): Running => {
    if (applier.running === null) throw new Error('no plan runs yet');
    return applier.running;
  };
  const facts = (): ProcessFacts => processFacts(plane, observe, program);
  const backend: AdminBackend = {
    observe,
    health: () => program.phase(),
    status: () => {
      const { plan, slots } = running();
      const status = buildStatus({
        plan,
        names: slots,
        board,
        table,
        facts: facts(),
        pid: process.pid,
        now: nodeRuntime.clock.wall(),
        certificates: certificateStatus(plan, certificates),
        addresses: new Map(plan.listeners.map(({ name, address }) => [name, formatAddress(address)])),
        notes: healthNotes(plane, running()),
      });
      return { ...status, fleet: plane.fleet.backend.status() };
    },
    metrics: (accept) => {
      const format = negotiate(accept);
      const body = expose({ board, exemplars: plane.exemplars, names: running().slots, table, facts: facts() }, format);
      return { type: EXPOSITION_TYPES[format], body };
    },
    reload: program.reload,
    drain: async (service, address, deadlineMs) => {
      const startedAt = nodeRuntime.clock.now();
      const own = applier.running?.plan.services.find(({ name }) => name === service)?.drainTimeoutMs ?? 0;
      const end = await health.drain(service, address, deadlineMs ?? own);
      return drainResult(end, Math.round(nodeRuntime.clock.now() - startedAt));
    },
    undrain: (service, address) => {
      const result = health.undrain(service, address);
      return typeof result === 'string' ? { result } : { result: 'unknown', problem: result.message };
    },
    get caches() {
      return plane.caches;
    },
    get fleet() {
      return plane.fleet.backend;
    },
    limits: () => {
      const { plan, slots } = running();
      return buildLimits(plan.services, slots.services, table);
    },
    explain: (request) => {
      const { plan, slots } = running();
      return explainRequest({ plan, slots, table, compileRegex: compileLinearRegex, now: nodeRuntime.clock.now() }, request);
    },
  };
  observe.connect({
    board,
    table,
    running: () => applier.running,
    status: () => backend.status(),
    facts,
    fleet: () => plane.fleet.backend.status(),
    workers: () => plane.supervisor.utilizations(),
    configured: () => plane.configured(),
    bringBack: program.bringBack,
    tail: (filter) => plane.supervisor.tail(filter),
  });
  return backend;
}

function drainResult(end: Awaited<ReturnType<ControlPlane['health']['drain']>>, tookMs: number): DrainResult {
  switch (end.end) {
    case 'unknown':
      return { result: 'unknown', problem: end.message };
    case 'finished':
      return { result: 'drained', tookMs };
    case 'undrained':
      return { result: 'undrained', tookMs };
    case 'deadline':
      return { result: 'deadline', tookMs, inflight: end.inflight };
  }
}

/** Why a service, or an endpoint (`SERVICE ADDRESS`), is as it is. */
function healthNotes({ health, table }: ControlPlane, { plan, slots }: Running): Map<string, string> {
  const notes = new Map<string, string>();
  for (const service of plan.services)
    if (isPanicking({ slots, table }, service))
      notes.set(service.name, 'panic: too few are healthy, so health is ignored and all are used');
  for (const { service, isDegraded, endpoints } of health.status()) {
    if (isDegraded) notes.set(service, 'all endpoints fail the same check, so they are used all the same: look for what they share');
    for (const { address, reason } of endpoints) if (reason !== null) notes.set(`${service} ${address}`, reason);
  }
  return notes;
}
