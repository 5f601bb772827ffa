/** The page that is shown, as a signal, and how often it changed: what a page's heading takes the focus by. */
import { signal } from '@preact/signals';
import { parseHash } from './location.ts';
import type { Location } from './location.ts';

export const location = signal<Location>(parseHash(window.location.hash));
/** 0: the page is the first one, and the focus stays where the browser put it. */
export const navigations = signal(0);

window.addEventListener('hashchange', () => {
  const next = parseHash(window.location.hash);
  const isSamePage = next.page === location.value.page && next.name === location.value.name;
  location.value = next;
  if (!isSamePage) {
    navigations.value++;
    window.scrollTo(0, 0);
  }
});

/** Writes what a page is filtered by into the address, without a step in the history. */
export function replaceHash(href: string): void {
  history.replaceState(null, '', href);
  location.value = parseHash(href);
}
