/** What the person at `sluice top` has chosen, and what keys do to it. Pure: state and key in, state out. */
import type { Key } from './top-keys.ts';
import { memberRows, serviceRows, type Sort, SORTS } from './top-rows.ts';
import type { TopWorld } from './top-world.ts';

export interface TopState {
  /** `service`: the page of the chosen one. */
  readonly page: 'services' | 'service';
  /** By name, so that it stays chosen wherever it goes; null: the first. */
  readonly service: string | null;
  /** The first line of the service's page that is shown. */
  readonly scroll: number;
  readonly sort: Sort;
  readonly isHelp: boolean;
  /** What is shown while it holds still; null: what is. */
  readonly held: TopWorld | null;
}

export const FIRST_STATE: TopState = { page: 'services', service: null, scroll: 0, sort: 'rps', isHelp: false, held: null };

/** Rows that page-up and page-down go. */
const PAGE = 10;

/** The chosen service; null where there is none at all. One that has gone leaves the choice to the first. */
export function chosenService(state: TopState, world: TopWorld): string | null {
  const rows = serviceRows(world, state.sort);
  return (rows.find(({ name }) => name === state.service) ?? rows[0])?.name ?? null;
}

/** The state after a key. `quit` and `suspend` change nothing here. @param world As it is now, not as it is held. */
export function pressed(state: TopState, key: Key, world: TopWorld): TopState {
  // Help hides everything: the next key shows it again, and does nothing else.
  if (state.isHelp) return { ...state, isHelp: false };
  const shown = state.held ?? world;
  switch (key) {
    case 'up':
      return moved(state, shown, -1);
    case 'down':
      return moved(state, shown, 1);
    case 'page-up':
      return moved(state, shown, -PAGE);
    case 'page-down':
      return moved(state, shown, PAGE);
    case 'first':
      return moved(state, shown, -Infinity);
    case 'last':
      return moved(state, shown, Infinity);
    case 'open': {
      const service = chosenService(state, shown);
      return service === null || state.page === 'service' ? state : { ...state, page: 'service', service, scroll: 0 };
    }
    case 'back':
      return { ...state, page: 'services', scroll: 0 };
    case 'sort':
      return { ...state, sort: SORTS[(SORTS.indexOf(state.sort) + 1) % SORTS.length]! };
    case 'pause':
      return { ...state, held: state.held === null ? world : null };
    case 'help':
      return { ...state, isHelp: true };
    case 'quit':
    case 'suspend':
      return state;
  }
}

function moved(state: TopState, shown: TopWorld, by: number): TopState {
  const chosen = chosenService(state, shown);
  if (chosen === null) return state;
  if (state.page === 'service') return { ...state, scroll: clamp(state.scroll + by, memberRows(shown, chosen).length - 1) };
  const names = serviceRows(shown, state.sort).map(({ name }) => name);
  return { ...state, service: names[clamp(names.indexOf(chosen) + by, names.length - 1)]! };
}

function clamp(value: number, max: number): number {
  return Math.max(0, Math.min(value, max));
}
