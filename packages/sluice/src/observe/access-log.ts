/**
 * The access log's lines, written by our own template: one string per exchange, no objects, about 1 µs. JSON lines (every field) or
 * Apache's combined format (for tools that read it). The record has no place for Authorization, Cookie or bodies: what is not
 * there cannot leak. Query strings, which may carry tokens, are left out on request.
 */
import type { Timestamp } from '../base/time.ts';
import type { DenialOutcome } from '../core/forward-proxy/denial.ts';
import type { FilterKind } from '../core/filters/filter-kinds.ts';
import type { CacheVerdict } from './cache-verdict.ts';
import { apacheField, jsonString } from './escape.ts';
import { apacheTime, isoTime } from './log-time.ts';

export type AccessFormat = 'json' | 'combined';

/** How an exchange ended. All but `complete` are logged whatever the sample is. */
export type AccessOutcome =
  | 'complete'
  | 'client-gone'
  | 'client-error'
  | 'shed'
  | 'no-endpoint'
  | 'timeout-parked'
  | 'upstream-connect'
  | 'upstream-reset'
  | 'upstream-invalid'
  | 'upstream-no-websocket'
  | 'timeout-header'
  | 'timeout-body'
  | 'timeout-connect'
  | 'timeout-response'
  | 'timeout-exchange'
  | 'timeout-upgrade'
  | 'timeout-idle'
  | 'drain'
  | 'internal-error'
  | DenialOutcome
  | 'resolve-failed'
  | 'timeout-resolve'
  | 'timeout-lifetime';

/** One exchange. Texts are as received (latin1); '' means none, and so does -1 in numbers. */
export interface AccessRecord {
  /** When the request's first byte came. */
  time: Timestamp;
  /** Address of the client, after trusted proxies were looked through. */
  client: string;
  method: string;
  host: string;
  /** Normalised, as matched and forwarded. */
  path: string;
  /** Without its `?`. */
  query: string;
  /** `HTTP/1.1`; at layer 4 `TCP`, `TLS` or `UDP`. */
  protocol: string;
  /** 0 when no reply began. */
  status: number;
  /** Of a gRPC call; -1 where there is none. */
  grpcStatus: number;
  /** Of the bodies, without framing. */
  bytesIn: number;
  bytesOut: number;
  durationMs: number;
  /** To connect upstream; -1 when a pooled connection was used. */
  connectMs: number;
  /** From the request sent upstream to the first byte of its reply. */
  firstByteMs: number;
  route: string;
  service: string;
  endpoint: string;
  attempts: number;
  hedged: boolean;
  /** What affinity did: `kept`, `new`, `stale`, `forged` or ''. */
  affinity: string;
  /** What the cache did, or ''. */
  cache: CacheVerdict | '';
  /** The filter that answered in place of the service, or ''. */
  filter: FilterKind | '';
  requestId: string;
  userAgent: string;
  referer: string;
  /** Of a forward proxy: who showed a password or certificate. */
  user?: string;
  /** 32 hexadecimal digits, where traces are recorded. */
  traceId?: string;
  outcome: AccessOutcome;
}

/**
 * Whether to log an exchange: errors (5xx, cut, any outcome but `complete`) always, others by share.
 * @param sample 0..1. @param random In [0, 1).
 */
export function isLogged(sample: number, status: number, outcome: AccessOutcome, random: number): boolean {
  return random < sample || status >= 500 || status === 0 || outcome !== 'complete';
}

/** One line, with its line feed. @param withQuery False leaves the query string out. */
export function formatAccess(record: AccessRecord, format: AccessFormat, withQuery = true): string {
  return format === 'json' ? jsonLine(record, withQuery) : combinedLine(record, withQuery);
}

function jsonLine(record: AccessRecord, withQuery: boolean): string {
  let line = `{"time":"${isoTime(record.time)}","client":${jsonString(record.client)}`;
  line += field('method', record.method) + field('host', record.host) + field('path', record.path);
  if (withQuery) line += field('query', record.query);
  line += `,"protocol":${jsonString(record.protocol)},"status":${record.status}`;
  if (record.grpcStatus >= 0) line += `,"grpcStatus":${record.grpcStatus}`;
  line += `,"bytesIn":${record.bytesIn},"bytesOut":${record.bytesOut},"durationMs":${milliseconds(record.durationMs)}`;
  if (record.connectMs >= 0) line += `,"connectMs":${milliseconds(record.connectMs)}`;
  if (record.firstByteMs >= 0) line += `,"firstByteMs":${milliseconds(record.firstByteMs)}`;
  line += field('route', record.route) + field('service', record.service) + field('endpoint', record.endpoint);
  line += `,"attempts":${record.attempts}`;
  if (record.hedged) line += ',"hedged":true';
  line += field('affinity', record.affinity) + field('cache', record.cache) + field('filter', record.filter);
  line +=
    field('requestId', record.requestId) +
    field('userAgent', record.userAgent) +
    field('referer', record.referer) +
    field('user', record.user ?? '') +
    field('traceId', record.traceId ?? '');
  return `${line},"outcome":"${record.outcome}"}\n`;
}

function field(name: string, value: string): string {
  return value === '' ? '' : `,"${name}":${jsonString(value)}`;
}

/** `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"` of Apache's mod_log_config. The user is never logged. */
function combinedLine(record: AccessRecord, withQuery: boolean): string {
  const query = withQuery && record.query !== '' ? `?${apacheField(record.query)}` : '';
  const request = record.method === '' ? '-' : `${apacheField(record.method)} ${apacheField(record.path)}${query} ${record.protocol}`;
  const status = record.status === 0 ? '-' : record.status;
  const bytes = record.bytesOut === 0 ? '-' : record.bytesOut;
  const client = apacheField(record.client).replaceAll(' ', '\\x20');
  return `${client} - - [${apacheTime(record.time)}] "${request}" ${status} ${bytes} "${quoted(record.referer)}" "${quoted(record.userAgent)}"\n`;
}

function quoted(text: string): string {
  return text === '' ? '-' : apacheField(text);
}

/** Microseconds are what the clock gives; more digits are noise. */
function milliseconds(duration: number): number {
  return Math.round(duration * 1_000) / 1_000;
}
