/**
 * Errors that a user's code leaves behind: a rejection that nobody handles, a throw in a timer, an `error` event without a listener. By themselves they would end the worker, and every request
 * in it, for what one filter forgot. Where one has a frame of the user's modules, or none of ours, it is told once a minute and the worker goes on; what comes out of the gateway's own code
 * still ends it, since nobody knows what it left half done. Only workers that have such code have this.
 */
import { MODULE_MARK } from '../../io/config-module.ts';

const TOLD_EVERY_MS = 60_000;
/** The gateway's own files. */
const OWN = new URL('../../', import.meta.url).href;

/** Who is told. */
export type TellStray = (reason: string, more: number) => void;

let isContaining = false;
let tell: TellStray = () => {};

/** Where errors are told; the last one given is the one that counts. */
export function tellStrayErrors(to: TellStray): void {
  tell = to;
}

/** From now on, for this thread. */
export function containStrayErrors(): void {
  if (isContaining) return;
  isContaining = true;
  let toldAt = -Infinity;
  let untold = 0;
  process.on('uncaughtException', (error: unknown) => {
    if (!isStray(error)) throw error;
    const now = performance.now();
    untold++;
    if (now - toldAt < TOLD_EVERY_MS) return;
    tell(reasonOf(error), untold - 1);
    toldAt = now;
    untold = 0;
  });
}

/** Whether it is a user's code that has left this error. */
export function isStray(error: unknown): boolean {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack.includes(`${MODULE_MARK}=`) || !stack.includes(OWN);
}

/** Message and the user's line. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const line = new RegExp(`([^/(\\s]+)\\?${MODULE_MARK}=[^:]*:(\\d+)`).exec(error.stack ?? '');
  return line === null ? error.message : `${error.message} (${line[1]}, line ${line[2]})`;
}
