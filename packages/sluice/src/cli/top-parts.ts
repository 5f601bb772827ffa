/** The parts of `sluice top`'s screen: services, members of one, events. Each is a title and as many lines as it is given. Pure. */
import { timestamp } from '../base/time.ts';
import type { EventEntry } from '../observe/event-entry.ts';
import type { Rate } from '../observe/traffic.ts';
import { isoTime } from '../observe/log-time.ts';
import { shortCount, shortDuration } from './table.ts';
import { errorShare, type MemberRow, type ServiceRow } from './top-rows.ts';
import { shortRate, shortShare, type TopColumn, type TopTable, topTableLines } from './top-table.ts';
import { cutText, type Line, type Look, safeText } from './top-text.ts';

/** Columns of everything that has a rate; `rateOf` null shows dashes. */
function rateColumns<Row>(rateOf: (row: Row) => Rate | null): readonly TopColumn<Row>[] {
  const figure = (cell: (rate: Rate) => string) => (row: Row) => {
    const rate = rateOf(row);
    return rate === null ? '-' : cell(rate);
  };
  const errorLook = (row: Row): Look => ((rateOf(row)?.errorRps ?? 0) > 0 ? 'bad' : null);
  return [
    { title: 'RPS', width: 5, rank: 0, cell: figure(({ rps }) => shortRate(rps)) },
    { title: 'ERR', width: 4, rank: 1, cell: figure((rate) => shortShare(errorShare(rate))), look: errorLook },
    { title: 'P50', width: 6, rank: 7, cell: figure(({ p50Ms }) => shortDuration(p50Ms)) },
    { title: 'P95', width: 6, rank: 8, cell: figure(({ p95Ms }) => shortDuration(p95Ms)) },
    { title: 'P99', width: 6, rank: 3, cell: figure(({ p99Ms }) => shortDuration(p99Ms)) },
    { title: 'INFL', width: 5, rank: 4, cell: figure(({ inflight }) => shortCount(inflight)) },
  ];
}

const SERVICES: TopTable<ServiceRow> = {
  title: 'SERVICE',
  name: ({ name }) => name,
  keep: 'start',
  nameWidth: 14,
  columns: [
    { title: 'STATE', width: 8, rank: 2, align: 'left', cell: ({ state }) => state, look: ({ state }) => stateLook(state) },
    {
      title: 'READY',
      width: 7,
      rank: 5,
      cell: ({ ready, wanted }) => `${ready}/${wanted}`,
      look: ({ ready, wanted }) => (ready < wanted ? 'warn' : null),
    },
    ...rateColumns<ServiceRow>(({ rate }) => rate),
    { title: 'PRK/QUE', width: 7, rank: 6, cell: waitText, look: waitLook },
    { title: 'SHED/S', width: 6, rank: 9, cell: ({ shedPerSecond }) => shortRate(shedPerSecond) },
    { title: 'RETRY/S', width: 7, rank: 10, cell: ({ retriesPerSecond }) => shortRate(retriesPerSecond) },
  ],
};

/** Of IPv4, with its port. */
const ADDRESS_WIDTH = 21;

const MEMBER_COLUMNS: readonly TopColumn<MemberRow>[] = [
  { title: 'STATE', width: 11, rank: 2, align: 'left', cell: ({ state }) => state, look: ({ state }) => stateLook(state) },
  ...rateColumns<MemberRow>(({ rate }) => rate),
];

/** Blank where Sluice does not run it. */
const INSTANCE_COLUMNS: readonly TopColumn<MemberRow>[] = [
  { title: 'VERSION', width: 8, rank: 9, align: 'left', cell: ({ instance }) => instance?.version ?? '' },
  { title: 'RST', width: 4, rank: 10, cell: ({ instance }) => (instance === null ? '' : shortCount(instance.restarts)) },
  { title: 'ADDRESS', width: 24, rank: 11, align: 'left', cell: ({ instance, address }) => (instance === null ? '' : (address ?? '-')) },
];

/** The services; where there are more than lines, those around the chosen one. */
export function serviceLines(services: readonly ServiceRow[], chosen: string | null, rows: number, width: number): readonly Line[] {
  if (services.length === 0) return [[{ text: '  no services', look: 'dim' }]];
  const at = services.findIndex(({ name }) => name === chosen);
  const first = Math.max(0, Math.min(at - Math.floor(rows / 2), services.length - rows));
  return topTableLines(SERVICES, services.slice(first, first + rows), at - first, width);
}

/** Endpoints and instances of a service from number `first` on; the last line says how many more there are. */
export function memberLines(members: readonly MemberRow[], first: number, rows: number, width: number, service: string): readonly Line[] {
  const shown = members.slice(first, first + rows);
  const isCut = first + shown.length < members.length && rows > 1;
  const listed = isCut ? shown.slice(0, -1) : shown;
  const hasInstances = members.some(({ instance }) => instance !== null);
  const columns = hasInstances ? [...MEMBER_COLUMNS, ...INSTANCE_COLUMNS] : MEMBER_COLUMNS;
  const table: TopTable<MemberRow> = {
    title: cutText(service, 24),
    name: ({ name }) => name,
    keep: 'end',
    nameWidth: ADDRESS_WIDTH,
    columns,
  };
  const lines = topTableLines(table, listed, -1, width);
  return isCut ? [...lines, [{ text: `  … ${members.length - first - listed.length} more`, look: 'dim' }]] : lines;
}

/** The last events, the youngest first: when, how bad, what, whose, why. */
export function eventLines(events: readonly EventEntry[], rows: number, width: number): readonly Line[] {
  const head: Line = [{ text: '  EVENTS', look: 'dim' }];
  if (events.length === 0) return [head, [{ text: '  none yet', look: 'dim' }]];
  return [head, ...events.slice(0, rows).map((entry) => eventLine(entry, width))];
}

function eventLine({ at, level, what, detail }: EventEntry, width: number): Line {
  const clock = isoTime(timestamp(at)).slice(11, 19);
  return [
    { text: `  ${clock} `, look: 'dim' },
    { text: `${level.padEnd(5)} ${safeText(what)}`, look: level === 'error' ? 'bad' : level === 'warn' ? 'warn' : null },
    { text: cutText(` ${eventText(detail)}`, width), look: null },
  ];
}

/** Whose it is, and why; the other details after that, as far as they fit. */
function eventText(detail: EventEntry['detail']): string {
  const { service, endpoint, instance, reason, ...others } = detail;
  const whose = [instance === undefined ? service : undefined, endpoint, instance].filter((one) => one !== undefined).join(' ');
  const more = Object.entries(others).map(([name, value]) => `${name}=${value}`);
  const why = reason === undefined ? whose : remark(whose, String(reason));
  return [why, ...more].filter((one) => one !== '').join(' ');
}

/** `users.3: why`; sentences that name it already stay as they are. */
export function remark(whose: string, why: string): string {
  return whose === '' || why.startsWith(whose) ? why : `${whose}: ${why}`;
}

function stateLook(state: string): Look {
  if (state === 'up' || state === 'ready') return 'good';
  if (state === 'down' || state === 'brk-open' || state === 'waiting') return 'bad';
  if (state === 'empty' || state === 'asleep') return 'dim';
  return 'warn';
}

function waitText({ parked, queued }: ServiceRow): string {
  return `${shortCount(parked)}/${shortCount(queued)}`;
}

function waitLook({ parked, queued }: ServiceRow): Look {
  return parked + queued > 0 ? 'warn' : null;
}
