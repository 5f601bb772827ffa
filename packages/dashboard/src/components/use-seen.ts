/**
 * Whether an element is in view, or nearly, and values that rest while it is not: of a table with 200 rows only the twenty that are seen follow the traffic. One observer for all.
 */
import { useComputed, useSignal } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { RefObject } from 'preact';

const MARGIN = '160px';

const watched = new WeakMap<Element, Signal<boolean>>();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const seen = watched.get(target);
      if (seen !== undefined) seen.value = isIntersecting;
    }
  },
  { rootMargin: MARGIN },
);

/** @returns True until the browser has looked. */
export function useSeen(element: RefObject<Element | null>): ReadonlySignal<boolean> {
  const seen = useSignal(true);
  useEffect(() => {
    const { current } = element;
    if (current === null) return;
    watched.set(current, seen);
    observer.observe(current);
    return () => observer.unobserve(current);
  }, []);
  return seen;
}

/** @param of Reads signals. @returns What it returned when the element was seen last. */
export function useHeld<Value>(seen: ReadonlySignal<boolean>, of: () => Value): ReadonlySignal<Value> {
  const last = useRef<{ readonly value: Value } | null>(null);
  return useComputed(() => {
    if (seen.value || last.current === null) last.current = { value: of() };
    return last.current.value;
  });
}
