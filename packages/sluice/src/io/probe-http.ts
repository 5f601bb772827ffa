/**
 * The HTTP probe: one request on a fresh connection (RFC 9112; `Connection: close`), judged by its status and, where asked for, by a text
 * in the first 64 KiB of the body. No redirects are followed. The reply is read only as far as the verdict needs.
 */
import type { HealthPlan } from '../config/plan.ts';
import { authorityOf, type ProbeResult, type ProbeTarget } from './probe.ts';
import { ProbeReply } from './probe-reply.ts';
import { foreignReply } from './upstream-words.ts';
import { holdShortTalk, type TalkTarget } from './short-talk.ts';

/** The stream's window: more does not come. */
const HTTP2_BODY_BYTES_MAX = 65_535;

/** The HTTP kind of a plan's check. */
export type HttpCheck = Extract<HealthPlan['check'], { kind: 'http' }>;

/** Asks and judges. Rejects when there is no complete, readable reply head. */
export async function probeHttp(target: ProbeTarget, check: HttpCheck, signal: AbortSignal): Promise<ProbeResult> {
  return target.protocol === 'http2' ? askByHttp2(target, check, signal) : askByHttp1(target, check, signal);
}

function askByHttp1({ address, tls }: ProbeTarget, check: HttpCheck, signal: AbortSignal): Promise<ProbeResult> {
  const reply = new ProbeReply(check.method === 'HEAD');
  let isFirst = true;
  return holdShortTalk<ProbeResult>({
    address,
    tls,
    send: requestText({ address, tls }, check),
    signal,
    received(bytes) {
      const foreign = isFirst ? foreignReply(bytes, 'http1') : null;
      if (foreign !== null) throw new Error(foreign);
      isFirst = false;
      reply.push(bytes);
      return judge(reply, check);
    },
    ended() {
      reply.end();
      const result = judge(reply, check);
      if (result === null)
        throw new Error(
          isFirst && tls === null
            ? 'it closed without a word: does it speak TLS (tls: true)?'
            : 'connection closed before the reply was complete',
        );
      return result;
    },
  });
}

/** An endpoint that speaks HTTP/2 may speak nothing else. */
async function askByHttp2({ address, tls }: ProbeTarget, check: HttpCheck, signal: AbortSignal): Promise<ProbeResult> {
  const target = { address, tls };
  const bodyBytesMax = check.body === null ? 0 : HTTP2_BODY_BYTES_MAX;
  // Few endpoints speak it, and its codec is 40 modules: 15 ms of a start.
  const { askHttp2 } = await import('./http2-question.ts');
  const answer = await askHttp2({ target, head: requestText(target, check), body: null, bodyBytesMax, signal });
  const reply = { status: answer.status, isComplete: true, body: () => answer.body.toString() };
  return judge(reply, check)!;
}

function requestText(target: TalkTarget, check: HttpCheck): string {
  let text = `${check.method} ${check.path} HTTP/1.1\r\nHost: ${check.host ?? authorityOf(target)}\r\n`;
  let hasAgent = false;
  for (const [name, value] of check.headers) {
    hasAgent ||= name.toLowerCase() === 'user-agent';
    text += `${name}: ${value}\r\n`;
  }
  if (!hasAgent) text += 'User-Agent: sluice-probe\r\n';
  return `${text}Accept: */*\r\nConnection: close\r\n\r\n`;
}

/** As much of a reply as is judged. `ProbeReply` is it. */
type Judged = Pick<ProbeReply, 'status' | 'isComplete' | 'body'>;

/** Null while more of the reply is needed. */
function judge(reply: Judged, check: HttpCheck): ProbeResult | null {
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
