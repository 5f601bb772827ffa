/**
 * The HTTP probe: one request on a fresh connection (RFC 9112; `Connection: close`), judged by its status and, where asked for, by a text
 * in the first 64 KiB of the body. No redirects are followed. The reply is read only as far as the verdict needs.
 */
import type { AddressPlan, HealthPlan } from '../config/plan.ts';
import type { ProbeResult } from './probe.ts';
import { ProbeReply } from './probe-reply.ts';
import { holdShortTalk } from './short-talk.ts';

/** The HTTP kind of a plan's check. */
export type HttpCheck = Extract<HealthPlan['check'], { kind: 'http' }>;

/** Asks and judges. Rejects when there is no complete, readable reply head. */
export async function probeHttp(address: AddressPlan, check: HttpCheck, signal: AbortSignal): Promise<ProbeResult> {
  const reply = new ProbeReply(check.method === 'HEAD');
  return holdShortTalk<ProbeResult>({
    address,
    send: requestText(address, check),
    signal,
    received(bytes) {
      reply.push(bytes);
      return judge(reply, check);
    },
    ended() {
      reply.end();
      const result = judge(reply, check);
      if (result === null) throw new Error('connection closed before the reply was complete');
      return result;
    },
  });
}

function requestText(address: AddressPlan, check: HttpCheck): string {
  let text = `${check.method} ${check.path} HTTP/1.1\r\nHost: ${check.host ?? hostOf(address)}\r\n`;
  let hasAgent = false;
  for (const [name, value] of check.headers) {
    hasAgent ||= name.toLowerCase() === 'user-agent';
    text += `${name}: ${value}\r\n`;
  }
  if (!hasAgent) text += 'User-Agent: sluice-probe\r\n';
  return `${text}Accept: */*\r\nConnection: close\r\n\r\n`;
}

function hostOf(address: AddressPlan): string {
  if (address.kind === 'unix') return 'localhost';
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return address.port === 80 ? host : `${host}:${address.port}`;
}

/** Null while more of the reply is needed. */
function judge(reply: ProbeReply, check: HttpCheck): ProbeResult | null {
  const status = reply.status;
  if (status === null) return null;
  if (!check.statuses.some(([low, high]) => status >= low && status <= high)) {
    return { passed: false, detail: `status ${status}, expected ${check.statuses.map(rangeText).join(', ')}` };
  }
  if (check.body === null) return { passed: true, detail: String(status) };
  if (reply.body().includes(check.body)) return { passed: true, detail: `${status}, body as expected` };
  return reply.isComplete ? { passed: false, detail: `status ${status}, but the body has no ${JSON.stringify(check.body)}` } : null;
}

function rangeText([low, high]: readonly [number, number]): string {
  return low === high ? String(low) : `${low}-${high}`;
}
