/** Waits that end: every wait of a test on the outside has a bound, and says what it waited for when the bound is reached. */
import { setTimeout as sleep } from 'node:timers/promises';

/** The promise's value, or an error that names what did not happen within `ms`. */
export async function within<Value>(ms: number, what: string, promise: Promise<Value>): Promise<Value> {
  const cancel = new AbortController();
  const late = sleep(ms, undefined, { signal: cancel.signal }).then(
    () => Promise.reject(new Error(`not within ${ms} ms: ${what}`)),
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel.abort();
  }
}

/** Looks again and again until the condition holds; for what has no event, such as another process's state. */
export async function eventually(ms: number, what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(10);
  }
}
