/** The first lines of `sluice top`: what runs, what goes through all of it, and whether what is shown is still so. Pure. */
import type { AlertStatus } from '../observe/alert-status.ts';
import { shortAge, shortCount, shortDuration } from './table.ts';
import { errorShare } from './top-rows.ts';
import type { TopState } from './top-state.ts';
import { partsLine, shortRate, shortShare } from './top-table.ts';
import { cutText, type Line, lineWidth, type Look, type Span } from './top-text.ts';
import type { TopWorld } from './top-world.ts';

/** Traffic comes each second; after so long without, the figures are old. */
const OLD_MS = 5_000;

/** Three lines. @param world What is shown. @param now Wall-clock ms. */
export function headerLines(world: TopWorld, live: TopWorld, state: TopState, width: number, now: number): readonly Line[] {
  return [nameLine(world, live, state, width, now), totalLine(world, width), noticeLine(world, live, width, now)];
}

function nameLine(world: TopWorld, live: TopWorld, state: TopState, width: number, now: number): Line {
  const { status, traffic } = world;
  const right = standing(live, state, now);
  const parts = [part(status === null ? 'sluice' : `sluice ${status.version}`, 'bold')];
  if (status !== null) {
    parts.push(
      part(`up ${shortAge(Math.floor(status.uptimeSeconds + Math.max(0, shownUntil(world, live, now) - world.statusAt) / 1_000))}`),
    );
    parts.push(part(`generation ${traffic?.generation ?? status.generation}`));
    parts.push(part(`${status.workers} ${status.workers === 1 ? 'worker' : 'workers'}`));
  }
  if (traffic !== null) {
    parts.push(part(`cpu ${traffic.cpuCores.toFixed(2)}`));
    parts.push(part(`mem ${shortBytes(traffic.residentBytes)}`));
  }
  const room = width - right.text.length - 2;
  const left = partsLine(parts, Math.max(0, room));
  return [...left, { text: ' '.repeat(Math.max(2, width - lineWidth(left) - right.text.length)), look: null }, right];
}

/** What Sluice's age is counted up to: it does not grow while nothing is heard, nor on a screen that holds still. */
function shownUntil(world: TopWorld, live: TopWorld, now: number): number {
  return world !== live || live.trouble !== null ? world.heardAt : now;
}

function standing(live: TopWorld, { held, sort }: TopState, now: number): Span {
  if (live.trouble !== null) return part('DISCONNECTED', 'bad');
  if (held !== null) return part(`PAUSED ${shortAge(seconds(now - held.heardAt))}`, 'warn');
  if (live.traffic !== null && now - live.heardAt > OLD_MS) return part(`SILENT ${shortAge(seconds(now - live.heardAt))}`, 'warn');
  return part(`by ${sort}`, 'dim');
}

function totalLine({ traffic, alerts }: TopWorld, width: number): Line {
  if (traffic === null) return [part('waiting for the first figures', 'dim')];
  const { total } = traffic;
  const share = errorShare(total);
  return partsLine(
    [
      part(`${shortRate(total.rps)} rps`, 'bold'),
      part(`${shortShare(share)} errors`, share !== null && share > 0 ? 'bad' : null),
      part(`p50 ${shortDuration(total.p50Ms)}`),
      part(`p95 ${shortDuration(total.p95Ms)}`),
      part(`p99 ${shortDuration(total.p99Ms)}`),
      part(`${shortCount(total.connections)} conns`),
      alertsPart(Math.max(traffic.alerts, alerts.filter(isLoud).length)),
      part(`${shortCount(total.inflight)} in flight`),
    ],
    width,
  );
}

function alertsPart(count: number): Span {
  return part(count === 1 ? '1 alert' : `${count} alerts`, count > 0 ? 'bad' : null);
}

/** What is wrong with the connection, or else what fires. */
function noticeLine({ alerts }: TopWorld, live: TopWorld, width: number, now: number): Line {
  if (live.trouble !== null) {
    const last = live.heardAt === 0 ? '' : `last heard ${shortAge(seconds(now - live.heardAt))} ago: `;
    return [part(cutText(`${last}${live.trouble}`, width), 'bad')];
  }
  const firing = alerts.filter(isLoud);
  if (firing.length === 0) return [];
  const names = firing.map(({ rule, labels }) => `${rule} ${Object.values(labels).join(' ')}`.trimEnd());
  return [part(cutText(`fires: ${names.join(', ')}`, width), 'bad')];
}

function isLoud({ state, silencedBy }: AlertStatus): boolean {
  return state === 'firing' && silencedBy === null;
}

function part(text: string, look: Look = null): Span {
  return { text, look };
}

function seconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1_000));
}

function shortBytes(bytes: number): string {
  const mebibytes = bytes / 1_048_576;
  return mebibytes < 1_024 ? `${Math.round(mebibytes)}M` : `${(mebibytes / 1_024).toFixed(1)}G`;
}
