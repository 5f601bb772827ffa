/**
 * Forgets connections that the kernel tracks, by the program `conntrack`. Only UDP needs it: a client that keeps sending from one port stays with its endpoint
 * for as long as the entry lives, and nothing that nftables can do ends an entry.
 */
import { spawn } from 'node:child_process';
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

const TIMEOUT_MS = 10_000;

/** By the program on this machine. */
export const forgetSessions: ForgetSessions = ({ host, port, endpoint }) => {
  const program = findProgram('conntrack');
  if (program === null) return Promise.resolve('conntrack is not installed (apt-get install conntrack)');
  const family = endpoint.address.includes(':') ? 'ipv6' : 'ipv4';
  const listener = host === null ? [] : ['--orig-dst', host];
  const args = ['-D', '-f', family, '-p', 'udp', ...listener, '--orig-port-dst', String(port)];
  return runConntrack(program, [...args, '--reply-src', endpoint.address, '--reply-port-src', String(endpoint.port)]);
};

function runConntrack(program: string, args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      env: { LC_ALL: 'C' },
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
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
