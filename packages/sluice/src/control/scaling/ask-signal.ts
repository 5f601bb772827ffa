/** Asks for a signal outside: Prometheus, a URL, or a function of the configuration. What each needs is loaded with the first question of its kind. */
import type { ScalingFacts } from '../../config/scaling-facts.ts';
import type { SignalProcess } from '../../io/signal-process.ts';
import type { OutsideSignal } from './collector.ts';
import type { AskSignal } from './outside-signals.ts';

/** How a function is called. `SignalProcess` is it. */
export type SignalFunctions = Pick<SignalProcess, 'call'>;

/** The questions that the program asks outside of tests. */
export function signalAsker(functions: SignalFunctions): AskSignal {
  return (signal, facts, { deadlineMs, abort }) => {
    switch (signal.kind) {
      case 'prometheus':
        return askPrometheus(signal, deadlineMs, abort);
      case 'url':
        return askUrl(signal, abort);
      case 'function':
        return askFunction(functions, signal, facts, deadlineMs);
    }
  };
}

type Kind<Name extends OutsideSignal['kind']> = Extract<OutsideSignal, { kind: Name }>;

async function askPrometheus({ url, query }: Kind<'prometheus'>, deadlineMs: number, abort: AbortSignal): Promise<number> {
  const { instantQueryUrl, readInstantAnswer } = await import('../../clients/prometheus/instant-query.ts');
  const { signalGet } = await import('../../io/signal-http.ts');
  const { status, text } = await signalGet(instantQueryUrl(url, query, deadlineMs), abort);
  return readInstantAnswer(status, text);
}

async function askUrl({ url, pointer }: Kind<'url'>, abort: AbortSignal): Promise<number> {
  const { shownUrl, signalGet } = await import('../../io/signal-http.ts');
  const { numberAt } = await import('../../io/signal-number.ts');
  const at = new URL(url);
  const { status, text } = await signalGet(at, abort);
  if (status !== 200) throw new Error(`${shownUrl(at)} answered ${status}`);
  return numberAt(text, pointer);
}

async function askFunction(
  functions: SignalFunctions,
  { key }: Kind<'function'>,
  facts: ScalingFacts,
  deadlineMs: number,
): Promise<number> {
  return functions.call(key, facts, deadlineMs);
}
