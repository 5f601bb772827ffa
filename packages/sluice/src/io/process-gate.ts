/**
 * Holds a program back until its cgroup holds its process, so that nothing of it escapes its bounds: putting a process into a group takes 5 ms per
 * controller (the kernel waits for all its processors), in which Node has half started. A tiny shell takes the program's place, says that the
 * program can be found, waits for one line and becomes it (exec): the same process, and no shell looks at the command.
 */
import type { Duplex } from 'node:stream';

/** `$1` and what follows are the command; of a path some shells only say whether it is there. Descriptor 3 is ours, and closed before the program begins. */
const GATE_SCRIPT = `case $1 in
  */*) [ -f "$1" ] && [ -x "$1" ] ;;
  *) command -v "$1" >/dev/null ;;
esac || exit 127
echo found >&3
read -r go <&3 || exit 126
exec "$@" 3<&-`;
/** A shell passes on only variables that it could have set itself. */
const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Of the gate's descriptor, after stdin, stdout and stderr. */
export const GATE_DESCRIPTOR = 3;

/** Whether the program would get this environment through a gate as it is. */
export function canPassGate(env: Readonly<Record<string, string | undefined>>): boolean {
  return Object.keys(env).every((name) => SHELL_NAME.test(name));
}

/** The command behind a gate. */
export function gatedCommand(command: readonly string[]): readonly string[] {
  return ['/bin/sh', '-c', GATE_SCRIPT, 'sluice', ...command];
}

/** Our end of a gate; made in the turn of the start, since what comes through it is not kept. */
export class Gate {
  readonly #stream: Duplex;
  readonly #isFound: Promise<boolean>;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.#isFound = new Promise((resolve) => {
      stream.once('data', () => resolve(true));
      stream.once('close', () => resolve(false));
    });
    stream.on('error', () => {});
  }

  /** Lets the program begin. @returns Whether it can be found and run. */
  async open(): Promise<boolean> {
    const isFound = await this.#isFound;
    if (isFound) this.#stream.end('go\n');
    return isFound;
  }
}
