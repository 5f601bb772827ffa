/**
 * Runs `nft`. A script goes in by standard input and is applied whole or not at all; what nft says is turned into one line that names the remedy. Some
 * milliseconds per call, the start of the process included.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type CounterReadings, parseCounters } from '../core/layer4/nft-counters.ts';

/** `lost`: the table is not there (any more). `unknown`: whether the script was applied is not known. */
export type NftFailure = 'missing' | 'forbidden' | 'unsupported' | 'lost' | 'refused' | 'unknown';

export class NftError extends Error {
  override readonly name = 'NftError';
  readonly failure: NftFailure;

  constructor(failure: NftFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** What kernel layer 4 needs of nftables. All reject with NftError. */
export interface Nft {
  /** Applies a script as one transaction. */
  apply(script: string): Promise<void>;
  hasTable(table: string): Promise<boolean>;
  /** The counters of the table; rejects with `lost` when there is no such table. */
  counters(table: string): Promise<CounterReadings>;
}

/** In containers and services PATH often lacks the folders of the administrator's programs. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/sbin'];
const TIMEOUT_MS = 10_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const COMPLAINT_BYTES_MAX = 4_096;

/** nft on this machine, in the network namespace of this process. */
export function systemNft(program: string | null = findProgram('nft')): Nft {
  const run = (args: readonly string[], input = ''): Promise<string> => {
    return program === null ? Promise.reject(missing()) : runNft(program, args, input);
  };
  return {
    apply: async (script) => void (await run(['-f', '-'], script)),
    hasTable: async (table) => (await run(['list', 'tables', 'inet'])).split('\n').includes(`table inet ${table}`),
    counters: async (table) => parseCounters(await run(['-j', 'list', 'counters', 'table', 'inet', table])),
  };
}

/** The program's full path; null when it is in no folder of PATH nor in the system's. */
export function findProgram(name: string, path = process.env['PATH'] ?? ''): string | null {
  for (const folder of [...path.split(delimiter), ...SYSTEM_FOLDERS]) {
    const file = join(folder, name);
    if (folder.startsWith('/') && isExecutable(file)) return file;
  }
  return null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function missing(): NftError {
  return new NftError(
    'missing',
    'nft is not installed: kernel layer 4 works by nftables (apt-get install nftables), or use the engine "user"',
  );
}

function runNft(program: string, args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      // A Ctrl-C in the terminal must not end a transaction: the end of the program writes one itself.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      env: { LC_ALL: 'C' },
    });
    let output = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < OUTPUT_BYTES_MAX) output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (complaint.length < COMPLAINT_BYTES_MAX) complaint += text;
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? missing() : new NftError('unknown', `nft could not be run: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else if (code === null) reject(new NftError('unknown', `nft was ended by ${signal} (it has ${TIMEOUT_MS / 1000} s)`));
      else reject(nftFailure(complaint));
    });
    // It may end before it has read all; its exit code tells.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** What nft's complaint means. */
export function nftFailure(complaint: string): NftError {
  if (/Operation not permitted|Permission denied/.test(complaint)) {
    return new NftError(
      'forbidden',
      'nft may not change the rules of this network: kernel layer 4 needs root or CAP_NET_ADMIN (systemd: AmbientCapabilities=CAP_NET_ADMIN; containers: --cap-add NET_ADMIN)',
    );
  }
  if (/Protocol not supported|Address family not supported|Unable to initialize Netlink/.test(complaint)) {
    return new NftError(
      'unsupported',
      'this kernel has no nf_tables: kernel layer 4 needs Linux 5.2 or newer with nf_tables and NAT, or use the engine "user"',
    );
  }
  const first = complaint.split('\n').find((line) => line.includes('Error')) ?? complaint.split('\n', 1)[0] ?? '';
  const reason = first.slice(0, 200).trim() || 'no reason given';
  if (/No such file or directory/.test(reason)) {
    return new NftError('lost', `nft: ${reason}: the table was removed by another program, or this kernel lacks a part of nf_tables`);
  }
  if (/Operation not supported/.test(reason)) return new NftError('unsupported', `nft: ${reason}: this kernel lacks a part of nf_tables`);
  return new NftError('refused', `nft: ${reason}`);
}
