/** What screen readers are told when something changed by itself: politely, and not more often than each three seconds. */
import { signal } from '@preact/signals';

const PAUSE_MS = 3_000;
const WAITING_MAX = 5;

/** The text of the live region. */
export const announcement = signal('');

const waiting: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

export function announce(text: string): void {
  if (text === '' || waiting.length >= WAITING_MAX) return;
  waiting.push(text);
  timer ??= setTimeout(speak, 100);
}

function speak(): void {
  announcement.value = waiting.splice(0).join('. ');
  timer = setTimeout(() => {
    timer = undefined;
    if (waiting.length > 0) speak();
  }, PAUSE_MS);
}
