/** Probes on Node: one function for all kinds. Sockets and processes are gone when the promise settles. */
import { unreachable } from '../base/assert.ts';
import { probeCommand } from './probe-command.ts';
import { probeGrpc } from './probe-grpc.ts';
import { probeHttp } from './probe-http.ts';
import { probeTcp } from './probe-tcp.ts';
import type { Probe } from './probe.ts';

/** The probes that the program uses outside tests. */
export const nodeProbe: Probe = async (target, plan, signal) => {
  try {
    const check = plan.check;
    switch (check.kind) {
      case 'http':
        return await probeHttp(target, check, signal);
      case 'tcp':
        return await probeTcp(target, signal);
      case 'grpc':
        return await probeGrpc(target, { service: check.service, timeoutMs: plan.timeoutMs }, signal);
      case 'command':
        return await probeCommand(target, check.command, signal);
      default:
        return unreachable(check);
    }
  } catch (error) {
    return { passed: false, detail: error instanceof Error ? error.message : String(error) };
  }
};
