/**
 * Asks an instance whether it answers: a connection for TCP, a reply of 200–399 for HTTP, nothing for `none`; over TCP or a unix socket. One
 * question on a connection of its own, one deadline, no retries.
 */
import type { ReadyPlan } from '../config/fleet-plan.ts';
import type { AddressPlan } from '../config/plan.ts';
import { authorityOf } from './probe.ts';
import { ProbeReply } from './probe-reply.ts';
import { holdShortTalk } from './short-talk.ts';

export interface ReadinessProbe {
  readonly target: AddressPlan;
  readonly probe: ReadyPlan['probe'];
  readonly timeoutMs: number;
}

export type ProbeReadiness = (probe: ReadinessProbe) => Promise<boolean>;

/** True when it answers in time; never rejects. */
export const probeReadiness: ProbeReadiness = async ({ target, probe, timeoutMs }) => {
  if (probe.kind === 'none') return true;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    return await (probe.kind === 'tcp' ? connects(target, late.signal) : replies(target, probe.path, late.signal));
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
};

function connects(address: AddressPlan, signal: AbortSignal): Promise<boolean> {
  return holdShortTalk({ address, tls: null, send: '', signal, connected: () => true });
}

function replies(address: AddressPlan, path: string, signal: AbortSignal): Promise<boolean> {
  const reply = new ProbeReply(false);
  const host = authorityOf({ address, tls: null });
  return holdShortTalk({
    address,
    tls: null,
    send: `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: sluice-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
    signal,
    received(bytes) {
      reply.push(bytes);
      return reply.status === null ? null : reply.status >= 200 && reply.status < 400;
    },
  });
}
