/** Reads something from the API for a component, again each so many milliseconds while it is shown and the tab is seen. */
import { useEffect, useState } from 'preact/hooks';

export interface Loaded<Value> {
  /** Null: not there yet. What was read before stays while it is read again, and when that fails. */
  readonly value: Value | null;
  /** Why it could not be read last; null: it could. */
  readonly problem: string | null;
  readonly reload: () => void;
}

/**
 * @param key What is read: another key throws the value away and reads at once.
 * @param everyMs 0: once.
 */
export function useLoaded<Value>(key: string, read: (signal: AbortSignal) => Promise<Value>, everyMs = 0): Loaded<Value> {
  const [state, setState] = useState<{ key: string; value: Value | null; problem: string | null }>({ key, value: null, problem: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const look = async () => {
      try {
        const value = await read(stop.signal);
        if (!stop.signal.aborted) setState({ key, value, problem: null });
      } catch (error) {
        if (!stop.signal.aborted)
          setState((last) => ({ key, value: last.key === key ? last.value : null, problem: (error as Error).message }));
      }
    };
    void look();
    const timer = everyMs === 0 ? undefined : setInterval(() => document.hidden || void look(), everyMs);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [key, everyMs, turn]);
  const isCurrent = state.key === key;
  return { value: isCurrent ? state.value : null, problem: isCurrent ? state.problem : null, reload: () => setTurn((last) => last + 1) };
}
