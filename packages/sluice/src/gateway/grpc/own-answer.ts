/**
 * Replies of our own to gRPC calls, as a gRPC client reads them best: HTTP 200, and what is the matter as `grpc-status` and `grpc-message` in a head without content
 * ("Trailers-Only"), or in the trailers of a reply that has begun. HTTP statuses become gRPC's by doc/http-grpc-status-mapping.md, as a client would do it itself.
 */
import { encodeGrpcMessage, GRPC_STATUS, grpcStatusOfHttp, type GrpcStatus } from '../../core/grpc/status.ts';
import { reasonPhrase } from '../../core/http1/reason-phrase.ts';
import type { AccessOutcome } from '../../observe/access-log.ts';
import { type CompiledEdits, keptLines } from '../exchange/header-edits.ts';
import { GRPC_TYPE } from './call.ts';

/** As much of an exchange as a reply of our own has to do with. `exchange.ts` is it. */
export interface Call {
  /** Content type of replies of our own. */
  readonly grpcType: string;
  readonly outcome: AccessOutcome;
  readonly route: { readonly responseEdits: CompiledEdits } | null;
  grpcStatus: number;
}

/** As `OwnAnswer` of `downstream/reply-writer.ts`. */
interface Answer {
  readonly status: number;
  readonly fields?: string;
  /** Latin1 text, as it goes on the wire. */
  readonly body?: string;
}

/** The same answer for a gRPC client. A fixed response of 2xx stays as it is: that is content, not a refusal. */
export function callAnswer(call: Call, answer: Answer): Answer {
  if (answer.status < 300) return answer;
  // A browser must see in every reply what its route says in all of them (CORS).
  const said = call.grpcType === GRPC_TYPE ? '' : (call.route?.responseEdits.lines ?? '');
  const kept = keptLines((answer.fields ?? '') + said, ',content-type,');
  const text = answer.body === undefined ? '' : Buffer.from(answer.body, 'latin1').toString().trim().slice(0, MESSAGE_LENGTH_MAX);
  const lines = endLines(call, answer.status, text);
  return { status: 200, fields: `Content-Type: ${call.grpcType}\r\n${kept}${lines}`, body: '' };
}

/** Of a body that becomes a message; every character may become three. */
const MESSAGE_LENGTH_MAX = 1_000;

/**
 * The lines that end a call for a reason of our own; the exchange's status is noted.
 * @param httpStatus What an HTTP client would be told.
 */
export function endLines(call: Call, httpStatus: number, text = ''): string {
  const status = statusFor(call.outcome, httpStatus);
  call.grpcStatus = status;
  const message = text === '' ? messageFor(status, httpStatus) : text;
  return `grpc-status: ${status}\r\ngrpc-message: ${encodeGrpcMessage(message)}\r\n`;
}

function statusFor(outcome: AccessOutcome, httpStatus: number): GrpcStatus {
  return outcome === 'timeout-exchange' ? GRPC_STATUS.DEADLINE_EXCEEDED : grpcStatusOfHttp(httpStatus);
}

function messageFor(status: GrpcStatus, httpStatus: number): string {
  if (status === GRPC_STATUS.DEADLINE_EXCEEDED) return 'deadline exceeded';
  if (status === GRPC_STATUS.UNIMPLEMENTED) return 'no route';
  return reasonPhrase(httpStatus).toLowerCase();
}
