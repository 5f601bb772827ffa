/** Requests one after the other on several keep-alive connections, until told to stop; counts who answered and what failed. */
import { Agent, request } from 'node:http';

export interface LoadCounts {
  /** Replies by the value of their `x-instance` header. */
  readonly byInstance: Map<string, number>;
  /** What went wrong, a line each. */
  readonly failures: string[];
  total: number;
}

export interface Load {
  readonly counts: LoadCounts;
  /** Resolves when this many more requests have been answered. */
  more(count: number): Promise<void>;
  stop(): Promise<LoadCounts>;
}

/** Sends GET requests on this many connections. */
export function startLoad(url: string, connections: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const counts: LoadCounts = { byInstance: new Map(), failures: [], total: 0 };
  const waiters = new Set<{ readonly at: number; readonly reached: () => void }>();
  let isStopped = false;
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      await getOnce(url, agent).then(
        ({ status, instance }) => {
          if (status !== 200) counts.failures.push(`status ${status}`);
          counts.byInstance.set(instance, (counts.byInstance.get(instance) ?? 0) + 1);
        },
        (error: Error) => counts.failures.push(error.message),
      );
      counts.total++;
      for (const waiter of waiters) if (counts.total >= waiter.at) waiter.reached();
    }
  };
  const loops = Array.from({ length: connections }, loop);
  return {
    counts,
    more: (count) => new Promise((resolve) => waiters.add({ at: counts.total + count, reached: resolve })),
    stop: async () => {
      isStopped = true;
      await Promise.all(loops);
      agent.destroy();
      return counts;
    },
  };
}

/** One GET. */
export function getOnce(url: string, agent?: Agent): Promise<{ status: number; instance: string; body: string }> {
  return new Promise((resolve, reject) => {
    const ask = request(url, { agent: agent ?? false, timeout: 15_000 }, (reply) => {
      let body = '';
      reply.setEncoding('utf8').on('data', (text: string) => (body += text));
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, instance: String(reply.headers['x-instance'] ?? ''), body }));
      reply.on('error', reject);
    });
    ask.on('timeout', () => ask.destroy(new Error('no reply within 15 s')));
    ask.on('error', reject);
    ask.end();
  });
}
