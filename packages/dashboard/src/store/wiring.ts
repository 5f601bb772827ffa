/** Who is connected to whom, out of the plan that runs; read again with each generation. */
import { effect, signal } from '@preact/signals';
import { getJson } from '../api/client.ts';
import { NO_WIRING, wiringOf } from '../view/wiring.ts';
import type { PlanPart, Wiring } from '../view/wiring.ts';
import { status } from './store.ts';

/** `NO_WIRING` itself: not read yet. */
export const wiring = signal<Wiring>(NO_WIRING);

let generation = -1;

/** Keeps `wiring` up to date. @returns Ends it. */
export function followWiring(): () => void {
  return effect(() => {
    const current = status.value?.generation;
    if (current === undefined || current === generation) return;
    generation = current;
    getJson<{ plan: PlanPart }>('api/plan').then(
      ({ plan }) => (wiring.value = wiringOf(plan)),
      () => {
        // The next Status asks again; meanwhile the map is drawn without routes.
        generation = -1;
        if (wiring.peek() === NO_WIRING) wiring.value = { ...NO_WIRING };
      },
    );
  });
}
