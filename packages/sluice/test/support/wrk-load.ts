/** wrk as a second, foreign client: runs until it is told to stop, and says what it could not get. */
import { spawn } from 'node:child_process';

export interface WrkCounts {
  readonly requests: number;
  /** Its lines about socket errors and statuses other than 2xx and 3xx; empty when all went well. */
  readonly complaints: readonly string[];
}

/** Starts wrk with one thread on keep-alive connections. `stop` interrupts it and waits for its summary. */
export function startWrk(port: number, connections: number): { stop(): Promise<WrkCounts> } {
  const child = spawn('wrk', ['-t1', `-c${connections}`, '-d120s', `http://127.0.0.1:${port}/`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`wrk cannot be started (apt-get install wrk): ${error.message}`)));
    child.once('close', () => resolve());
  });
  ended.catch(() => {});
  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);
  return {
    async stop() {
      child.kill('SIGINT');
      await ended;
      process.off('exit', killNow);
      const requests = Number(/(\d+) requests in/.exec(output)?.[1] ?? Number.NaN);
      const complaints = output.split('\n').filter((line) => /Socket errors|Non-2xx/.test(line));
      return { requests, complaints };
    },
  };
}
