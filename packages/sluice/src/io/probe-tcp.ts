/**
 * The TCP probe: an endpoint that accepts a connection is well, and with TLS one that completes the handshake with a certificate we take. Says nothing about the
 * program behind the listen queue.
 */
import type { ProbeResult } from './probe.ts';
import { holdShortTalk, type TalkTarget } from './short-talk.ts';

/** Connects and closes. Rejects when it cannot. */
export async function probeTcp({ address, tls }: TalkTarget, signal: AbortSignal): Promise<ProbeResult> {
  return holdShortTalk<ProbeResult>({ address, tls, send: '', signal, connected: () => ({ passed: true, detail: 'connected' }) });
}
