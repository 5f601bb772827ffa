/**
 * An instant query of Prometheus' HTTP API (`/api/v1/query`, https://prometheus.io/docs/prometheus/latest/querying/api/), and its answer, read strictly: a scalar, or a vector of
 * exactly one series. Thanos, Mimir and VictoriaMetrics answer alike.
 */

const TEXT_MAX = 200;

/**
 * Where the query is asked.
 * @param base Address of Prometheus; a path (`https://host/prometheus`) and a query of its own stay.
 * @param timeoutMs Given to Prometheus, too, so that it does not go on for an answer that nobody waits for.
 */
export function instantQueryUrl(base: string, query: string, timeoutMs: number): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/query`;
  url.searchParams.set('query', query);
  url.searchParams.set('timeout', `${timeoutMs}ms`);
  return url;
}

/**
 * The number in an answer.
 * @throws {Error} when it is none; the message says what to do.
 */
export function readInstantAnswer(status: number, text: string): number {
  const answer = parseObject(text);
  if (answer === null) throw new Error(`Prometheus answered ${status} with something that is not its API's JSON`);
  if (answer['status'] !== 'success')
    throw new Error(`Prometheus answered ${status}: ${shown(answer['errorType'])}: ${shown(answer['error'])}`);
  const data = asObject(answer['data']);
  const result = data?.['result'];
  switch (data?.['resultType']) {
    case 'scalar':
      return readSample(result);
    case 'vector':
      return readSample(onlySeries(result)['value']);
    default:
      throw new Error(`the query gives a ${shown(data?.['resultType'])}; it must give a scalar or a vector of one series`);
  }
}

function onlySeries(result: unknown): Readonly<Record<string, unknown>> {
  const series = Array.isArray(result) ? (result as readonly unknown[]) : [];
  if (series.length === 0) throw new Error('the query gives nothing: no series matches; `... or vector(0)` says 0 for that');
  if (series.length > 1) throw new Error(`the query gives ${series.length} series; make one of them, for example by sum(...)`);
  return asObject(series[0]) ?? {};
}

/** `[1795000000.123, "42"]`. */
function readSample(sample: unknown): number {
  const text: unknown = Array.isArray(sample) && sample.length === 2 ? sample[1] : null;
  if (typeof text !== 'string' || text.trim() !== text || text === '') throw new Error('the sample that Prometheus gives is malformed');
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Error(`the query gives ${shown(text)}, which is no number to scale by`);
  return value;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : null;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, TEXT_MAX) : 'nothing';
}
