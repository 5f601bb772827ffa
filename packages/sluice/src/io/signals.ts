/**
 * What the operating system's signals mean to the program. A handler for SIGUSR1 takes it away from Node's inspector, on purpose:
 * a signal sent to reopen a log must not open a debugger port.
 */
export interface SignalActions {
  /** The first SIGTERM or SIGINT. */
  readonly stop: (signal: string) => void;
  /** Each one after it. */
  readonly stopNow: (signal: string) => void;
  /** SIGHUP; null leaves Node's default (the program ends). */
  readonly reload: (() => void) | null;
  /** SIGUSR1. */
  readonly reopenLog: () => void;
}

/** Installs the handlers; the result removes them. */
export function handleSignals(actions: SignalActions): () => void {
  let isStopping = false;
  const stop = (signal: string): void => {
    if (isStopping) return actions.stopNow(signal);
    isStopping = true;
    actions.stop(signal);
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
