/**
 * The gRPC probe (grpc, doc/health-checking.md): one call of grpc.health.v1.Health/Check over HTTP/2, in the clear by prior knowledge or by TLS. SERVING is well; so
 * nothing else is, a server that has no health service included.
 */
import { decodeHealthReply, encodeHealthRequest, HEALTH_PATH, HEALTH_REPLY_BYTES_MAX } from '../core/grpc/health.ts';
import { grpcStatusName, parseGrpcStatus } from '../core/grpc/status.ts';
import { formatGrpcTimeout } from '../core/grpc/timeout.ts';
import type { Http2Answer } from './http2-question.ts';
import { authorityOf, type ProbeResult } from './probe.ts';
import type { TalkTarget } from './short-talk.ts';

export interface GrpcCheck {
  /** Empty: the server as a whole. */
  readonly service: string;
  /** What the server is told; the signal is what counts. */
  readonly timeoutMs: number;
}

/** Asks and judges. Rejects when there is no whole reply. */
export async function probeGrpc(target: TalkTarget, check: GrpcCheck, signal: AbortSignal): Promise<ProbeResult> {
  const head =
    `POST ${HEALTH_PATH} HTTP/1.1\r\nHost: ${authorityOf(target)}\r\nte: trailers\r\ncontent-type: application/grpc\r\n` +
    `grpc-timeout: ${formatGrpcTimeout(check.timeoutMs)}\r\nuser-agent: sluice-probe\r\n\r\n`;
  const body = encodeHealthRequest(check.service);
  const { askHttp2 } = await import('./http2-question.ts'); // only who has such a probe needs it
  return judge(await askHttp2({ target, head, body, bodyBytesMax: HEALTH_REPLY_BYTES_MAX + 1, signal }));
}

function judge(answer: Http2Answer): ProbeResult {
  if (answer.status !== 200) return failed(`HTTP status ${answer.status}, which is no gRPC reply`);
  const text = /^grpc-status:[ \t]*([^\r]*)/im.exec(answer.trailers)?.[1] ?? /^grpc-status:[ \t]*([^\r]*)/im.exec(answer.head)?.[1];
  if (text === undefined) return failed('the reply has no grpc-status');
  const status = parseGrpcStatus(text);
  if (status !== 0) return failed(`grpc-status ${status} (${grpcStatusName(status)})`);
  const reply = decodeHealthReply(answer.body);
  if (reply.kind === 'malformed') return failed(reply.what);
  return { passed: reply.status === 'SERVING', detail: reply.status };
}

function failed(detail: string): ProbeResult {
  return { passed: false, detail };
}
