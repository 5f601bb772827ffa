/** wrk as the load: a closed loop in C, so that the client's cost does not drown the proxy's. One thread, because machines are small. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('wrk.lua', import.meta.url));

export interface WrkOptions {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  readonly method?: string;
  readonly bodyBytes?: number;
  /** Over TLS; the certificate is not looked at. */
  readonly isTls?: boolean;
  readonly headers?: readonly string[];
}

export interface WrkResult {
  readonly requests: number;
  readonly durationMicros: number;
  readonly bytes: number;
  readonly socketErrors: number;
  readonly badStatuses: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
}

/** Runs wrk once. Rejects when it fails or does not end within 15 s after its time. */
export function runWrk(options: WrkOptions): Promise<WrkResult> {
  const url = `${options.isTls === true ? 'https' : 'http'}://127.0.0.1:${options.port}${options.path}`;
  const headers = (options.headers ?? []).flatMap((header) => ['-H', header]);
  const parameters = ['-t1', `-c${options.connections}`, `-d${options.seconds}s`, '--timeout', '10s', '-s', script, ...headers, url];
  const environment = { ...process.env, WRK_METHOD: options.method ?? 'GET', WRK_BODY_BYTES: String(options.bodyBytes ?? 0) };
  return new Promise((resolve, reject) => {
    const child = spawn('wrk', parameters, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    const timer = setTimeout(() => child.kill('SIGKILL'), (options.seconds + 15) * 1000);
    child.on('close', () => {
      clearTimeout(timer);
      const line = output.split('\n').find((each) => each.startsWith('JSON '));
      if (line === undefined) reject(new Error(`wrk ${url} gave no result:\n${output.slice(-1000)}`));
      else resolve(JSON.parse(line.slice(5)) as WrkResult);
    });
  });
}
