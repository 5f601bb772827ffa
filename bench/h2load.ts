/** h2load as the load: HTTP/2 in the clear with several streams per connection, a closed loop in C, one thread. */
import { spawn } from 'node:child_process';

export interface H2loadOptions {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  /** Requests in flight per connection. */
  readonly streams: number;
  readonly seconds: number;
  readonly headers?: readonly string[];
  /** Sent as the body of a POST. */
  readonly bodyFile?: string;
}

export interface H2loadResult {
  /** Those answered with 2xx. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly meanMs: number;
  /** Other statuses, resets, cut connections, timeouts. What was in flight when the time was up does not count. */
  readonly failures: number;
}

/** Runs h2load once. Rejects when it fails or does not end within 15 s after its time. */
export function runH2load(options: H2loadOptions): Promise<H2loadResult> {
  const url = `http://127.0.0.1:${options.port}${options.path}`;
  const body = options.bodyFile === undefined ? [] : ['-d', options.bodyFile];
  const headers = (options.headers ?? []).flatMap((header) => ['-H', header]);
  const shape = ['-t', '1', '-c', String(options.connections), '-m', String(options.streams), '-D', String(options.seconds)];
  return new Promise((resolve, reject) => {
    const child = spawn('h2load', [...shape, ...body, ...headers, url], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    const timer = setTimeout(() => child.kill('SIGKILL'), (options.seconds + 15) * 1000);
    child.on('close', () => {
      clearTimeout(timer);
      const result = readH2load(output);
      if (result === null) reject(new Error(`h2load ${url} gave no result:\n${output.slice(-1000)}`));
      else resolve(result);
    });
  });
}

/** Null when the text has no summary. */
export function readH2load(text: string): H2loadResult | null {
  const rate = /^finished in [\d.]+m?s, ([\d.]+) req\/s/m.exec(text);
  const requests = /^requests: .* (\d+) failed, (\d+) errored, (\d+) timeout/m.exec(text);
  const statuses = /^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/m.exec(text);
  const time = /^time for request: +\S+ +\S+ +([\d.]+)(us|ms|s)/m.exec(text);
  if (rate === null || requests === null || statuses === null || time === null) return null;
  const sum = (values: readonly string[]): number => values.reduce((total, value) => total + Number(value), 0);
  return {
    requests: Number(statuses[1]),
    requestsPerSecond: Number(rate[1]),
    meanMs: Number(time[1]) * (time[2] === 'us' ? 1e-3 : time[2] === 's' ? 1e3 : 1),
    failures: sum(requests.slice(1)) + sum(statuses.slice(2)),
  };
}
