/** Events, the youngest first, as lines: when, how bad, about what, why. */
import type { EventEntry } from '../api/types.ts';
import { describeEvent } from '../view/event-list.ts';
import { clock, moment, words } from '../view/format.ts';
import { levelState, StateShape } from './state-badge.tsx';

export function EventFeed({ events }: { readonly events: readonly EventEntry[] }) {
  return (
    <ul class="feed">
      {events.map((event) => (
        <EventLine key={event.id} event={event} />
      ))}
    </ul>
  );
}

export function EventLine({ event }: { readonly event: EventEntry }) {
  const { about, rest } = describeEvent(event);
  return (
    <li>
      <time dateTime={new Date(event.at).toISOString()} title={moment(event.at, 0)}>
        {clock(event.at)}
      </time>
      <span>
        <StateShape state={levelState(event.level)} />
        <span class="unseen">{event.level}</span>
      </span>
      <p>
        <b>{words(event.what)}</b> {about} <span class="soft">{rest}</span>
      </p>
    </li>
  );
}
