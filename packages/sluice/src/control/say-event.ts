/** How control loops tell the person who runs Sluice that something happened. */
import type { EventRecord } from '../observe/events.ts';

export type SayEvent = (level: EventRecord['level'], what: EventRecord['what'], detail: EventRecord['detail']) => void;
