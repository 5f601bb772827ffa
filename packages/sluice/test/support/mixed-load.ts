/**
 * Continuous load of every kind: GET and POST with bodies, on connections that are kept and on new ones. Everything but a whole 200 that counts the body as sent is a failure.
 * Each lane has one request in flight and pauses for a moment after it.
 */
import { Agent, request } from 'node:http';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

export interface MixedCounts {
  total: number;
  readonly failures: string[];
  /** Replies by `x-version` and `x-instance`. */
  readonly byVersion: Map<string, number>;
  readonly byInstance: Map<string, number>;
  readonly latenciesMs: number[];
}

export interface MixedLoad {
  readonly counts: MixedCounts;
  /** Resolves when this many more requests have ended. */
  more(count: number): Promise<void>;
  stop(): Promise<MixedCounts>;
}

export interface MixedLoadOptions {
  readonly lanes?: number;
  readonly path?: string;
  /** Between two requests of a lane. Default 4. */
  readonly pauseMs?: number;
}

interface Outcome {
  readonly status: number;
  readonly version: string;
  readonly instance: string;
  readonly body: string;
}

/** Starts it, and stops it with the test; a lane in four opens a connection for each request, and half of them send bodies. */
export function startMixedLoad(t: TestContext, url: string, { lanes = 12, path = '/', pauseMs = 4 }: MixedLoadOptions = {}): MixedLoad {
  const agent = new Agent({ keepAlive: true });
  const counts: MixedCounts = { total: 0, failures: [], byVersion: new Map(), byInstance: new Map(), latenciesMs: [] };
  const waiters = new Set<{ readonly at: number; readonly reached: () => void }>();
  let isRunning = true;
  const runLane = async (lane: number): Promise<void> => {
    for (let round = 0; isRunning; round++) {
      const body = lane % 2 === 0 ? null : Buffer.alloc(round % 10 === 9 ? 150_000 : 300, 'b');
      const startedAt = performance.now();
      const outcome = await exchange(`${url}${path}`, lane % 4 >= 2 ? agent : null, body).catch((error: Error) => error);
      counts.total++;
      counts.latenciesMs.push(performance.now() - startedAt);
      const kind = `${body === null ? 'GET' : `POST of ${body.length} bytes`}, ${lane % 4 >= 2 ? 'kept' : 'new'} connection`;
      if (outcome instanceof Error) counts.failures.push(`${outcome.message} (${kind})`);
      else count(outcome, body?.length ?? 0, kind);
      for (const waiter of waiters) {
        if (counts.total < waiter.at) continue;
        waiters.delete(waiter);
        waiter.reached();
      }
      if (isRunning) await sleep(pauseMs);
    }
  };
  const count = ({ status, version, instance, body }: Outcome, sent: number, kind: string): void => {
    counts.byVersion.set(version, (counts.byVersion.get(version) ?? 0) + 1);
    counts.byInstance.set(instance, (counts.byInstance.get(instance) ?? 0) + 1);
    if (status !== 200) counts.failures.push(`status ${status} of ${version === '' ? 'the gateway' : version} (${kind})`);
    else if (receivedIn(body) !== sent) counts.failures.push(`a wrong reply: ${body.slice(0, 100)} (${kind})`);
  };
  const running = Array.from({ length: lanes }, (_, lane) => runLane(lane));
  t.after(() => void (isRunning = false));
  return {
    counts,
    more: (more) => new Promise((resolve) => waiters.add({ at: counts.total + more, reached: resolve })),
    async stop() {
      isRunning = false;
      await Promise.all(running);
      agent.destroy();
      return counts;
    },
  };
}

function receivedIn(body: string): number {
  try {
    return (JSON.parse(body) as { received: number }).received;
  } catch {
    return -1;
  }
}

function exchange(url: string, agent: Agent | null, body: Buffer | null): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const headers = body === null ? {} : { 'content-length': body.length };
    const method = body === null ? 'GET' : 'POST';
    const ask = request(url, { agent: agent ?? false, method, headers, timeout: 20_000 }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      reply.on('error', reject);
      const field = (name: string): string => String(reply.headers[name] ?? '');
      reply.on('end', () =>
        resolve({ status: reply.statusCode ?? 0, version: field('x-version'), instance: field('x-instance'), body: text }),
      );
    });
    ask.on('timeout', () => ask.destroy(new Error('no reply within 20 s')));
    ask.on('error', reject);
    ask.end(body ?? undefined);
  });
}

/** What went wrong, by kind, for an assertion's message. */
export function describeMixed({ failures, total }: MixedCounts): string {
  const kinds = new Map<string, number>();
  for (const failure of failures) kinds.set(failure, (kinds.get(failure) ?? 0) + 1);
  return `${failures.length} of ${total} failed: ${[...kinds].map(([kind, count]) => `${count} × ${kind}`).join(', ')}`;
}
