/** Asks an instance whether it answers: a connection for TCP, a reply of 200–399 for HTTP. One question, one deadline, no retries. */
import { connect } from 'node:net';
import { http } from './node-http.ts';

export interface ReadinessProbe {
  readonly host: string;
  readonly port: number;
  /** Path to GET; null asks for a TCP connection only. */
  readonly path: string | null;
  readonly timeoutMs: number;
}

export type ProbeReadiness = (probe: ReadinessProbe) => Promise<boolean>;

/** True when it answers in time; never rejects. */
export const probeReadiness: ProbeReadiness = (probe) => (probe.path === null ? connects(probe) : replies(probe, probe.path));

function connects(probe: ReadinessProbe): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: probe.host, port: probe.port, timeout: probe.timeoutMs });
    const end = (isUp: boolean): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

function replies(probe: ReadinessProbe, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { host, port, timeoutMs } = probe;
    const ask = http.request({ host, port, path, agent: false, signal: AbortSignal.timeout(timeoutMs) }, (reply) => {
      const status = reply.statusCode ?? 0;
      resolve(status >= 200 && status < 400);
      reply.destroy();
    });
    ask.once('error', () => resolve(false));
    ask.end();
  });
}
