/**
 * A whole screen of `sluice top` as lines: header, services, the endpoints of the chosen one where there is room, events, keys. Pure: what is
 * known, what was chosen, how large it is, when. At most `rows` lines of at most `columns` columns, whatever the names are.
 */
import { pageLines } from './top-page.ts';
import { headerLines } from './top-header.ts';
import { eventLines, memberLines, serviceLines } from './top-parts.ts';
import { memberRows, serviceRows } from './top-rows.ts';
import { chosenService, FIRST_STATE, type TopState } from './top-state.ts';
import { partsLine } from './top-table.ts';
import { cutLine, type Line } from './top-text.ts';
import type { TopWorld } from './top-world.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const BLANK: Line = [];
/** Lines of events that there are always, and of the endpoints below the services. */
const EVENTS_MIN = 3;
const MEMBERS_MIN = 3;
/** On fewer lines endpoints have a page of their own only. */
const ROWS_FOR_MEMBERS = 18;
const PRINTED_EVENTS = 10;

/** @param live What is known now; shown unless the state holds something else. @param now Wall-clock ms. */
export function screenLines(live: TopWorld, state: TopState, { columns, rows }: ScreenSize, now: number): readonly Line[] {
  const world = state.held ?? live;
  const header = headerLines(world, live, state, columns, now);
  const room = Math.max(0, rows - header.length - 1);
  const service = chosenService(state, world);
  const body = state.isHelp
    ? HELP.map((text): Line => [{ text, look: null }])
    : state.page === 'service' && service !== null
      ? pageLines(world, service, state.scroll, { columns, rows: room })
      : overviewLines(world, state, service, { columns, rows: room });
  const filled = [...header, ...body.slice(0, room)];
  while (filled.length < rows - 1) filled.push(BLANK);
  return [...filled.slice(0, rows - 1), keysLine(state, columns)].slice(0, rows).map((line) => cutLine(line, columns));
}

/** All services and the last events, for files and pipes: as many lines as it takes, nothing chosen, no keys. */
export function printedLines(world: TopWorld, columns: number, now: number): readonly Line[] {
  const services = serviceRows(world, 'name');
  const lines = [
    ...headerLines(world, world, { ...FIRST_STATE, sort: 'name' }, columns, now),
    ...serviceLines(services, null, services.length, columns),
    BLANK,
    ...eventLines(world.events, PRINTED_EVENTS, columns),
  ];
  return lines.map((line) => cutLine(line, columns));
}

function overviewLines(world: TopWorld, state: TopState, service: string | null, { columns, rows }: ScreenSize): readonly Line[] {
  const services = serviceRows(world, state.sort);
  const members = service === null ? [] : memberRows(world, service);
  const hasMembers = rows >= ROWS_FOR_MEMBERS && members.length > 0;
  // Titles and the blank lines between the parts.
  const room = rows - 3 - (hasMembers ? 2 : 0);
  const [forServices, forMembers, forEvents] = shares(room, services.length, hasMembers ? members.length : 0, world.events.length);
  const lines = [...serviceLines(services, service, forServices, columns)];
  if (hasMembers) lines.push(BLANK, ...memberLines(members, 0, forMembers, columns, service!));
  if (forEvents > 0) lines.push(BLANK, ...eventLines(world.events, forEvents, columns));
  return lines;
}

/** Lines for services, members and events: each what it needs, and where that is too much, the services come first and nobody goes without. */
function shares(
  room: number,
  services: number,
  members: number,
  events: number,
): readonly [services: number, members: number, events: number] {
  const least = Math.min(members, MEMBERS_MIN);
  const forEvents = Math.min(EVENTS_MIN, Math.max(0, room - 3 - least));
  const forServices = Math.max(1, Math.min(Math.max(services, 1), room - forEvents - least));
  const forMembers = Math.max(0, Math.min(members, room - forEvents - forServices));
  return [forServices, forMembers, forEvents === 0 ? 0 : Math.min(Math.max(events, EVENTS_MIN), room - forServices - forMembers)];
}

function keysLine({ page, isHelp, held }: TopState, columns: number): Line {
  const pause = held === null ? 'p pause' : 'p go on';
  const keys = isHelp
    ? ['any key goes back']
    : page === 'service'
      ? ['q quit', 'esc back', '↑↓ scroll', pause, '? help']
      : ['q quit', '↑↓ choose', 'enter endpoints', 's sort', pause, '? help'];
  return partsLine(
    keys.map((text) => ({ text, look: 'dim' as const })),
    columns,
  );
}

/** At most 60 columns, so that nobody's help is cut. */
const HELP: readonly string[] = [
  '',
  '  q  ctrl-c       quit',
  '  ↑ ↓  k j        choose a service; on its page: scroll',
  '  page up, down   ten at once;  g G  first, last',
  '  enter → l       its endpoints;  esc ← h  back',
  '  s               sort by rps, errors, p99, inflight, name',
  '  p               hold still, go on;  ctrl-z  leave for now',
  '',
  '  RPS      requests that ended, per second, lately',
  '  ERR      share of 5xx replies and cut exchanges',
  '  P50 …    latencies, first byte in to last byte out',
  '  READY    instances (endpoints) that serve, of those wanted',
  '  INFL     requests on their way now',
  '  PRK/QUE  wait for an instance (parked), for room (queued)',
];
