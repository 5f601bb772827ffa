/** What happened: the newest as it comes, older ones page by page, filtered by how bad they are and by a text. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { getJson } from '../../api/client.ts';
import type { EventEntry, EventLevel } from '../../api/types.ts';
import { pageHref } from '../../app/location.ts';
import { location, replaceHash } from '../../app/router.ts';
import { EventFeed } from '../../components/event-feed.tsx';
import { Empty, Panel } from '../../components/page.tsx';
import { useDeferred } from '../../components/use-deferred.ts';
import { events } from '../../store/store.ts';
import { isShown } from '../../view/event-filter.ts';
import { mergeEvents } from '../../view/event-list.ts';

const AT_ONCE = 100;
const SHOWN_MAX = 2_000;
const LEVELS: readonly (readonly [level: EventLevel, label: string])[] = [
  ['info', 'all'],
  ['warn', 'warnings and errors'],
  ['error', 'errors'],
];

interface EventPage {
  readonly items: readonly EventEntry[];
  readonly next: number | null;
}

export function EventsPanel() {
  const { query } = location.value;
  const level = LEVELS.find(([one]) => one === query.get('level'))?.[0] ?? 'info';
  const text = query.get('q') ?? '';
  const set = (next: { level?: EventLevel; q?: string }) => {
    const all = { level, q: text, ...next };
    replaceHash(
      pageHref('logs', { tab: 'events', ...(all.level === 'info' ? {} : { level: all.level }), ...(all.q === '' ? {} : { q: all.q }) }),
    );
  };
  return (
    <Panel title="Events">
      <form class="tools" onSubmit={(event) => event.preventDefault()}>
        <label class="field">
          Level
          <select class="select" value={level} onChange={({ currentTarget }) => set({ level: currentTarget.value as EventLevel })}>
            {LEVELS.map(([one, label]) => (
              <option key={one} value={one}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label class="field grow">
          Text
          <input
            class="input"
            type="search"
            value={text}
            placeholder="endpoint-down, shop, 127.0.0.1"
            onInput={({ currentTarget }) => set({ q: currentTarget.value })}
          />
        </label>
      </form>
      <Events level={level} text={text} />
    </Panel>
  );
}

function Events({ level, text }: { readonly level: EventLevel; readonly text: string }) {
  const wanted = useDeferred(text, 250);
  const { pages, problem, older } = useOlder(level, wanted);
  const live = events.value;
  const shown = useMemo(() => {
    const fresh = live.filter((event) => isShown(event, level, wanted));
    const oldest = pages.items.at(-1)?.id ?? 0;
    // What is older than the last page comes with its own page.
    return mergeEvents(pages.items, pages.next === null ? fresh : fresh.filter(({ id }) => id > oldest), SHOWN_MAX);
  }, [live, pages, level, wanted]);
  return (
    <>
      {problem === null ? null : <p class="problem">{problem}</p>}
      {shown.length === 0 ? <Empty>Nothing of that kind happened.</Empty> : <EventFeed events={shown} />}
      {pages.next === null || shown.length >= SHOWN_MAX ? null : (
        <p class="more">
          <button type="button" class="button small" onClick={older}>
            Older
          </button>
        </p>
      )}
    </>
  );
}

const NO_PAGES: EventPage = { items: [], next: null };

function useOlder(
  level: EventLevel,
  text: string,
): { readonly pages: EventPage; readonly problem: string | null; readonly older: () => void } {
  const [pages, setPages] = useState<EventPage>(NO_PAGES);
  const [problem, setProblem] = useState<string | null>(null);
  const load = async (before: number | null, signal?: AbortSignal) => {
    const asked = { level, q: text, limit: AT_ONCE, before };
    try {
      const { items, next } = await getJson<EventPage>('api/events', { query: asked, ...(signal === undefined ? {} : { signal }) });
      setProblem(null);
      setPages((last) => ({ items: before === null ? items : [...last.items, ...items], next }));
    } catch (error) {
      if (signal?.aborted !== true) setProblem((error as Error).message);
    }
  };
  useEffect(() => {
    const stop = new AbortController();
    setPages(NO_PAGES);
    void load(null, stop.signal);
    return () => stop.abort();
  }, [level, text]);
  return { pages, problem, older: () => void load(pages.next) };
}
