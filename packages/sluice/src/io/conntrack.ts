/**
 * Connections that the kernel tracks, by the program `conntrack`: counted for those who wait for their end, and forgotten. Only UDP needs the latter: a client
 * that keeps sending from one port stays with its endpoint for as long as the entry lives, and nothing that nftables can do ends an entry.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { endpointOfFlow, type FlowEnd } from '../core/layer4/tracked-flow.ts';
import { findProgram } from './nft.ts';

/** The UDP sessions between a listener and one of its endpoints. */
export interface TrackedSessions {
  /** The listener's address; null for any. */
  readonly host: string | null;
  readonly port: number;
  readonly endpoint: { readonly address: string; readonly port: number };
}

/** Ends them. @returns Null when done; otherwise why not, with the remedy. */
export type ForgetSessions = (sessions: TrackedSessions) => Promise<string | null>;

/** The connections of a listener. */
export interface TrackedListener {
  readonly protocol: 'tcp' | 'udp';
  /** Null for any. */
  readonly host: string | null;
  readonly port: number;
  readonly family: 4 | 6;
}

/** Tells the endpoint of each connection that goes on. @returns Null when done; otherwise why not, with the remedy. */
export type ListFlows = (listener: TrackedListener, each: (end: FlowEnd) => void) => Promise<string | null>;

const MISSING = 'conntrack is not installed (apt-get install conntrack)';
const TIMEOUT_MS = 10_000;

/** By the program on this machine. */
export const forgetSessions: ForgetSessions = ({ host, port, endpoint }) => {
  const program = findProgram('conntrack');
  if (program === null) return Promise.resolve(MISSING);
  const family = endpoint.address.includes(':') ? 'ipv6' : 'ipv4';
  const listener = host === null ? [] : ['--orig-dst', host];
  const args = ['-D', '-f', family, '-p', 'udp', ...listener, '--orig-port-dst', String(port)];
  return runConntrack(program, [...args, '--reply-src', endpoint.address, '--reply-port-src', String(endpoint.port)]);
};

/** By the program on this machine. Some 5 µs per connection, in another process. */
export const listFlows: ListFlows = ({ protocol, host, port, family }, each) => {
  const program = findProgram('conntrack');
  if (program === null) return Promise.resolve(MISSING);
  const args = ['-L', '-f', family === 4 ? 'ipv4' : 'ipv6', '-p', protocol, '--orig-port-dst', String(port)];
  return runConntrack(program, host === null ? args : [...args, '--orig-dst', host], (line) => {
    const end = endpointOfFlow(line);
    if (end !== null) each(end);
  });
};

function runConntrack(program: string, args: readonly string[], eachLine?: (line: string) => void): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', eachLine === undefined ? 'ignore' : 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      env: { LC_ALL: 'C' },
    });
    let complaint = '';
    if (eachLine !== undefined && child.stdout !== null) createInterface(child.stdout).on('line', eachLine);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (complaint.length < 1_000) complaint += text;
    });
    child.on('error', (error) => resolve(`conntrack could not be run: ${error.message}`));
    child.on('close', (code) => {
      // It fails, too, when there was nothing to delete, and says so.
      const isDone = code === 0 || complaint.includes('0 flow entries have been deleted');
      resolve(isDone ? null : `conntrack: ${complaint.split('\n').find((line) => line.trim() !== '') ?? `exit ${code}`}`);
    });
  });
}
