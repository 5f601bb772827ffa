/**
 * The command probe: a program that exits with 0 says that the endpoint is well. It is started without a shell, in a process group of its
 * own, and the whole group is killed when the time is up, so that nothing a script has started stays behind.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { ProbeResult, ProbeTarget } from './probe.ts';

/** How much of what the program says on its error output is kept for people. */
const COMPLAINT_BYTES_MAX = 200;

/** Runs it. Rejects when it cannot be started, and with the signal's reason when that is aborted. */
export async function probeCommand(target: ProbeTarget, command: readonly string[], signal: AbortSignal): Promise<ProbeResult> {
  signal.throwIfAborted();
  const [program = '', ...programArguments] = command;
  const child = spawn(program, programArguments, {
    env: { ...process.env, ...environment(target) },
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: false,
    detached: true,
  });
  const kill = (): void => killGroup(child);
  signal.addEventListener('abort', kill, { once: true });
  try {
    return await outcome(child, program, signal);
  } finally {
    signal.removeEventListener('abort', kill);
    child.stderr?.destroy();
  }
}

function environment({ service, endpoint, address }: ProbeTarget): Record<string, string> {
  return {
    SLUICE_SERVICE: service,
    SLUICE_ENDPOINT: endpoint,
    SLUICE_HOST: address.kind === 'tcp' ? address.host : address.path,
    SLUICE_PORT: address.kind === 'tcp' ? String(address.port) : '',
  };
}

function outcome(child: ChildProcess, program: string, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (complaint.length < COMPLAINT_BYTES_MAX) complaint += text;
    });
    child.stderr?.on('error', () => {});
    child.on('error', (error) => reject(new Error(`cannot run ${JSON.stringify(program)}: ${error.message}`)));
    child.on('exit', (code, killedBy) => {
      if (signal.aborted) reject(signal.reason instanceof Error ? signal.reason : new Error('called off'));
      else if (code === 0) resolve({ passed: true, detail: 'exit 0' });
      else resolve({ passed: false, detail: failureText(code, killedBy, complaint) });
    });
  });
}

function failureText(code: number | null, killedBy: string | null, complaint: string): string {
  const how = code === null ? `killed by ${killedBy}` : `exit ${code}`;
  const firstLine = complaint.slice(0, COMPLAINT_BYTES_MAX).split('\n', 1)[0]?.trim() ?? '';
  return firstLine === '' ? how : `${how}: ${firstLine}`;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}
