/**
 * A closed loop that counts what goes wrong: some connections, one request in flight on each, and every answer other than 200, every
 * cut connection and every refused one is a failure. A connection that the proxy closes after announcing it is opened anew.
 */
import { Agent, request } from 'node:http';

export interface SteadyCounts {
  readonly requests: number;
  readonly failures: readonly string[];
}

/** Runs until `stop` is called; then gives the counts. */
export function startSteadyClient(port: number, path: string, connections: number): { stop(): Promise<SteadyCounts> } {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const failures: string[] = [];
  let requests = 0;
  let running = true;
  const lane = async (): Promise<void> => {
    while (running) {
      const fault = await exchange(agent, port, path);
      requests++;
      if (fault !== null) failures.push(fault);
    }
  };
  const lanes = Array.from({ length: connections }, lane);
  return {
    async stop() {
      running = false;
      await Promise.all(lanes);
      agent.destroy();
      return { requests, failures };
    },
  };
}

function exchange(agent: Agent, port: number, path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const outgoing = request({ agent, port, host: '127.0.0.1', path, timeout: 5000 }, (response) => {
      response.on('error', (error) => resolve(error.message));
      response.on('end', () => resolve(response.statusCode === 200 ? null : `status ${response.statusCode}`));
      response.resume();
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in 5 s')));
    outgoing.on('error', (error) => resolve(error.message));
    outgoing.end();
  });
}
