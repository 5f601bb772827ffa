/**
 * One line of a log as a request before a cache: our access log as JSON lines or in the combined format (which nginx, Apache and Caddy
 * write, too), or a key on each line. Counted are GET and HEAD with a status that a cache stores without being told to (RFC 9110 §15.1), and
 * 304, which a cache answers for an object that it has.
 */

export type LineFormat = 'json' | 'combined' | 'keys';

export interface LoggedRequest {
  readonly key: string;
  /** Of the body sent; -1 where the format does not say, or the reply had none of its own (HEAD, 304). */
  readonly bytes: number;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const STATUSES: ReadonlySet<number> = new Set([200, 203, 204, 206, 300, 301, 304, 308, 404, 405, 410, 414, 501]);
const NOT_MODIFIED = 304;

/** Client, two names, time, request line with escapes, status, bytes; what follows does not matter here. */
const COMBINED = /^\S+ \S+ \S+ \[[^\]]*\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-)(?: |$)/;

/** What a log is whose first line this is. */
export function lineFormat(line: string): LineFormat {
  if (line.startsWith('{')) return 'json';
  return COMBINED.test(line) ? 'combined' : 'keys';
}

/** @returns `other` for what no cache answers, `unreadable` for what is no line of this format. */
export function readLine(line: string, format: LineFormat): LoggedRequest | 'other' | 'unreadable' {
  switch (format) {
    case 'json':
      return readJson(line);
    case 'combined':
      return readCombined(line);
    case 'keys':
      return { key: line, bytes: -1 };
  }
}

/** The fields of our access log; absent ones are empty. */
interface JsonLine {
  readonly method?: unknown;
  readonly host?: unknown;
  readonly path?: unknown;
  readonly query?: unknown;
  readonly status?: unknown;
  readonly bytesOut?: unknown;
}

function readJson(line: string): LoggedRequest | 'other' | 'unreadable' {
  let fields: JsonLine | null;
  try {
    fields = JSON.parse(line) as JsonLine | null;
  } catch {
    return 'unreadable';
  }
  if (typeof fields !== 'object' || fields === null || typeof fields.status !== 'number') return 'unreadable';
  // A TCP stream has neither; it is no fault of the log.
  if (typeof fields.method !== 'string' || typeof fields.path !== 'string') return 'other';
  const query = typeof fields.query === 'string' ? `?${fields.query}` : '';
  const host = typeof fields.host === 'string' ? fields.host : '';
  const bytes = typeof fields.bytesOut === 'number' ? fields.bytesOut : -1;
  return counted(fields.method, `${host}${fields.path}${query}`, fields.status, bytes);
}

function readCombined(line: string): LoggedRequest | 'other' | 'unreadable' {
  const [, request = '', status = '', bytes = ''] = COMBINED.exec(line) ?? [];
  if (status === '') return 'unreadable';
  const [method = '', target = ''] = request.split(' ');
  // "-" is no body at all, or none was sent.
  return counted(method, target, Number(status), bytes === '-' ? 0 : Number(bytes));
}

function counted(method: string, key: string, status: number, bytes: number): LoggedRequest | 'other' {
  if (!METHODS.has(method) || !STATUSES.has(status)) return 'other';
  return { key, bytes: method === 'HEAD' || status === NOT_MODIFIED ? -1 : bytes };
}
