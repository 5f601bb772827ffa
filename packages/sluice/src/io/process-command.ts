/**
 * Starts a program in a process group of its own and tells at once, in a sentence, why it could not be. What another try cannot change (no such
 * program) is told apart from what it can (no process or file to be had now).
 */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { canPassGate, Gate, GATE_DESCRIPTOR, gatedCommand } from './process-gate.ts';
import type { SystemUser } from './process-user.ts';

export interface Launch {
  /** Program and arguments; no shell. The program is looked for in the PATH that it is given itself. */
  readonly command: readonly string[];
  readonly cwd: string | null;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly user: SystemUser | null;
  readonly output: 'pipe' | number;
  /** It does not begin before `begin` is called. */
  readonly isGated: boolean;
}

/** A process that is there. */
export interface Launched {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Lets the program begin, if it was held back. @throws {LaunchFault} when there is no such program; then the process ends. */
  begin(): Promise<void>;
}

/** A program was not started. */
export class LaunchFault extends Error {
  /** Whether another try may succeed. */
  readonly isPassing: boolean;

  constructor(message: string, isPassing: boolean) {
    super(message);
    this.name = 'LaunchFault';
    this.isPassing = isPassing;
  }
}

/** What the system runs short of at times. */
const PASSING: ReadonlySet<string> = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETXTBSY']);

/**
 * Starts it. Without a gate the program runs when this resolves: exec has succeeded. An environment that does not pass a gate is never gated.
 * @throws {LaunchFault}
 */
export async function launch(options: Launch): Promise<Launched> {
  const isGated = options.isGated && canPassGate(options.env);
  const { command, cwd, env, user, output } = options;
  const [program = '', ...args] = isGated ? gatedCommand(command) : command;
  if (cwd !== null) checkDirectory(cwd);
  let child: ChildProcess;
  try {
    const identity = user === null ? {} : { uid: user.uid, gid: user.gid };
    const stdio: StdioOptions = isGated ? ['ignore', output, output, 'pipe'] : ['ignore', output, output];
    child = spawn(program, args, { cwd: cwd ?? undefined, env: { ...env }, stdio, detached: true, ...identity });
  } catch (error) {
    throw launchFault(options, error as NodeJS.ErrnoException);
  }
  if (child.pid === undefined) throw launchFault(options, await failureOf(child));
  const gate = isGated ? new Gate(child.stdio[GATE_DESCRIPTOR] as Duplex) : null;
  return { child, pid: child.pid, begin: () => begin(options, gate) };
}

async function begin(options: Launch, gate: Gate | null): Promise<void> {
  if (gate === null || (await gate.open())) return;
  const program = options.command[0] ?? '';
  const isThere = program.includes('/') && existsSync(resolve(options.cwd ?? '', program));
  throw launchFault(options, Object.assign(new Error(program), { code: isThere ? 'EACCES' : 'ENOENT' }));
}

/** Node says why by an event of the next turn. */
async function failureOf(child: ChildProcess): Promise<NodeJS.ErrnoException> {
  const [error] = (await once(child, 'error').catch((cause: unknown) => [cause])) as [NodeJS.ErrnoException];
  return error;
}

function checkDirectory(cwd: string): void {
  const status = statSync(cwd, { throwIfNoEntry: false });
  if (status?.isDirectory() === true) return;
  const what = status === undefined ? 'does not exist' : 'is no directory';
  throw new LaunchFault(`its working directory ${cwd} ${what}: create it, or set cwd to another`, false);
}

function launchFault({ command, user }: Launch, error: NodeJS.ErrnoException): LaunchFault {
  const program = command[0] ?? '';
  const code = error.code ?? '';
  if (PASSING.has(code)) return new LaunchFault(`${program} could not be started now: ${error.message}`, true);
  const by = user === null ? '' : ` by user ${user.name}`;
  switch (code) {
    case 'ENOENT':
      return new LaunchFault(`not found: ${program} (nor its interpreter, if it is a script): install it, or give its whole path`, false);
    case 'EACCES':
      return new LaunchFault(
        `not executable: ${program} may not be run${by} (chmod +x it, and let the directories above be entered)`,
        false,
      );
    default:
      return new LaunchFault(`${program} could not be started${by}: ${error.message}`, false);
  }
}
