/** The TCP probe: an endpoint that accepts a connection is well. Says nothing about the program behind the listen queue. */
import type { AddressPlan } from '../config/plan.ts';
import type { ProbeResult } from './probe.ts';
import { holdShortTalk } from './short-talk.ts';

/** Connects and closes. Rejects when it cannot. */
export async function probeTcp(address: AddressPlan, signal: AbortSignal): Promise<ProbeResult> {
  return holdShortTalk<ProbeResult>({ address, send: '', signal, connected: () => ({ passed: true, detail: 'connected' }) });
}
