/**
 * What the operating system's signals mean to the program. A handler for SIGUSR1 takes it away from Node's inspector, on purpose:
 * a signal sent to reopen a log must not open a debugger port.
 */
import { performance } from 'node:perf_hooks';

export interface SignalActions {
  /** The first SIGTERM or SIGINT. */
  readonly stop: (signal: string) => void;
  /** Each one after it (a SIGINT only when it cannot be the same Ctrl-C). */
  readonly stopNow: (signal: string) => void;
  /** SIGHUP; null leaves Node's default (the program ends). */
  readonly reload: (() => void) | null;
  /** SIGUSR1. */
  readonly reopenLog: () => void;
}

/** One Ctrl-C arrives twice under npm: from the terminal and from npm, which passes it on. */
const SAME_INTERRUPT_MS = 300;

/**
 * Installs the handlers; the result removes them.
 * @param now Monotonic milliseconds.
 */
export function handleSignals(actions: SignalActions, now: () => number = () => performance.now()): () => void {
  let stoppedAt: number | null = null;
  const stop = (signal: string): void => {
    if (stoppedAt === null) {
      stoppedAt = now();
      actions.stop(signal);
    } else if (signal !== 'SIGINT' || now() - stoppedAt > SAME_INTERRUPT_MS) {
      actions.stopNow(signal);
    }
  };
  const handlers: [NodeJS.Signals, (signal: string) => void][] = [
    ['SIGTERM', stop],
    ['SIGINT', stop],
    ['SIGUSR1', actions.reopenLog],
  ];
  if (actions.reload !== null) handlers.push(['SIGHUP', actions.reload]);
  for (const [signal, run] of handlers) process.on(signal, run);
  return () => {
    for (const [signal, run] of handlers) process.off(signal, run);
  };
}
