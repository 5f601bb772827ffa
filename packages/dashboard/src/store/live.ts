/** Keeps the store up to date: one stream for status, traffic, events and alerts. */
import { batch, effect } from '@preact/signals';
import { getJson } from '../api/client.ts';
import { Feed } from '../api/feed.ts';
import { allowQuestion } from '../api/session.ts';
import type { FeedState } from '../api/feed.ts';
import type { StreamMessage } from '../api/event-stream.ts';
import type { AlertStatus, EventEntry, EventPage, Me, Page, Status, TrafficSnapshot } from '../api/types.ts';
import { mergeEvents } from '../view/event-list.ts';
import { describeChanges } from '../view/state-changes.ts';
import { announce } from './announcer.ts';
import { alerts, connection, events, EVENTS_MAX, isStale, me, status, traffic } from './store.ts';

/** So long without data, and what is shown is called lost rather than late. */
const LOST_MS = 5_000;
const LOOK_MS = 1_000;
const EVENTS_FIRST = 200;

let feed: Feed | null = null;

/** Once, when the page begins. */
export function startLive(): void {
  feed = new Feed({ path: 'api/live?topics=traffic,events,alerts,status', onMessage: receive, onState: follow });
  setInterval(look, LOOK_MS);
  void load();
  effect(() => announce(isStale.value ? 'The connection to Sluice is lost; what is shown is old' : ''));
}

/** Tries at once. */
export function reconnect(): void {
  allowQuestion();
  feed?.retry();
}

/** The Status anew: after a change, so that it shows without waiting for the stream. Instances' load is only in it. */
export async function refreshStatus(): Promise<void> {
  status.value = await getJson<Status>('api/status');
}

async function load(): Promise<void> {
  await Promise.allSettled([
    // The first paint does not wait for the stream.
    refreshStatus(),
    getJson<TrafficSnapshot>('api/traffic').then((snapshot) => (traffic.value ??= snapshot)),
    getJson<Me>('api/me').then((person) => (me.value = person)),
    getJson<Page<AlertStatus>>('api/alerts').then((page) => (alerts.value = page.items)),
    loadEvents(),
  ]);
}

async function loadEvents(): Promise<void> {
  const page = await getJson<EventPage>('api/events', { query: { limit: EVENTS_FIRST } });
  events.value = mergeEvents(events.value, page.items, EVENTS_MAX);
}

function receive({ event, data }: StreamMessage): void {
  batch(() => {
    switch (event) {
      case 'traffic':
        takeTraffic(JSON.parse(data) as TrafficSnapshot);
        break;
      case 'status':
        takeStatus(JSON.parse(data) as Status);
        break;
      case 'event':
        events.value = mergeEvents(events.value, [JSON.parse(data) as EventEntry], EVENTS_MAX);
        break;
      case 'alerts':
        takeAlerts(JSON.parse(data) as readonly AlertStatus[]);
        break;
      case 'gap':
        loadEvents().catch(() => {});
        break;
      default:
    }
    connection.value = { state: 'live', lastAt: Date.now(), problem: null };
  });
}

function takeTraffic(snapshot: TrafficSnapshot): void {
  announce(describeChanges(traffic.peek()?.services ?? {}, snapshot.services));
  traffic.value = snapshot;
}

function takeStatus(next: Status): void {
  // Another process counts its events from one again.
  if (status.peek() !== null && status.peek()!.startedAt !== next.startedAt) {
    events.value = [];
    loadEvents().catch(() => {});
  }
  status.value = next;
}

function takeAlerts(next: readonly AlertStatus[]): void {
  const known = new Set(alerts.peek().flatMap(({ id, state }) => (state === 'firing' ? [id] : [])));
  for (const alert of next) if (alert.state === 'firing' && !known.has(alert.id)) announce(`Alert: ${alert.summary}`);
  alerts.value = next;
}

function follow(state: FeedState, problem: string | null): void {
  const { lastAt, state: before } = connection.peek();
  if (state === 'hidden') connection.value = { state: 'hidden', lastAt, problem: null };
  else if (state === 'waiting') connection.value = { state: before === 'lost' ? 'lost' : 'reconnecting', lastAt, problem };
  else if (state === 'live') connection.value = { state: 'live', lastAt: Date.now(), problem: null };
}

/** Late becomes lost. */
function look(): void {
  const { state, lastAt, problem } = connection.peek();
  if (state === 'hidden' || state === 'lost') return;
  const isLate = lastAt !== null && Date.now() - lastAt > LOST_MS;
  if (isLate) connection.value = { state: 'lost', lastAt, problem: problem ?? 'nothing comes' };
}
