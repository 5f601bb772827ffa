/** The page of one service in `sluice top`: what it is about, all its endpoints and instances with what is wrong with them, its own events. Pure. */
import type { FleetServiceStatus } from '../observe/fleet-status.ts';
import { eventLines, memberLines, remark } from './top-parts.ts';
import { type MemberRow, memberRows } from './top-rows.ts';
import { shortShare } from './top-table.ts';
import { cutText, type Line } from './top-text.ts';
import type { TopWorld } from './top-world.ts';

/** Lines of events, and of remarks about members, at most. */
const EVENTS = 6;
const NOTES_MAX = 4;

/** @param first Number of the first member that is shown. */
export function pageLines(
  world: TopWorld,
  service: string,
  first: number,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): readonly Line[] {
  const members = memberRows(world, service);
  const about = aboutLines(world, service, columns);
  const notes = noteLines(members, columns);
  const events = world.events.filter(({ detail }) => belongs(detail, service));
  const forEvents = Math.min(EVENTS, Math.max(1, events.length));
  const tail: readonly Line[] = [...(notes.length > 0 ? [[], ...notes] : []), [], ...eventLines(events, forEvents, columns)];
  const forMembers = Math.max(1, rows - about.length - 1 - tail.length);
  return [...about, ...memberLines(members, first, forMembers, columns, service), ...tail];
}

/** An instance carries its service in its name: `users.3`. */
function belongs({ service, instance }: Readonly<Record<string, unknown>>, wanted: string): boolean {
  return service === wanted || (typeof instance === 'string' && instance.slice(0, instance.lastIndexOf('.')) === wanted);
}

function aboutLines({ status }: TopWorld, name: string, width: number): readonly Line[] {
  const service = status?.services.find((one) => one.name === name);
  const fleet = status?.fleet.find((one) => one.service === name);
  const lines: Line[] = [];
  const add = (text: string, look: 'warn' | null = null): void => void lines.push([{ text: cutText(`  ${text}`, width), look }]);
  if (service !== undefined)
    add(`${name}: ${service.balance}, breaker ${service.breaker}${fleet === undefined ? '' : `, ${fleetText(fleet)}`}`);
  if (fleet !== undefined && fleet.deploy !== null) {
    const { from, to, strategy, phase, share, reason } = fleet.deploy;
    add(`deploy ${from} to ${to}, ${strategy}: ${phase}, ${shortShare(share)} of requests; ${reason}`);
  }
  if (fleet !== undefined && fleet.lastDecision !== null) add(`decided: ${fleet.lastDecision.reason}`);
  for (const note of [service?.note, fleet?.note]) if (typeof note === 'string') add(note, 'warn');
  return lines.length === 0 ? lines : [...lines, []];
}

function fleetText({ runner, ready, wanted, min, max, manual, version }: FleetServiceStatus): string {
  const fixed = manual === null ? '' : `, fixed at ${manual}`;
  return `${runner}, ${ready} of ${wanted} ready, bounds ${min}–${max}${fixed}, version ${version}`;
}

function noteLines(members: readonly MemberRow[], width: number): readonly Line[] {
  const noted = members.filter(({ note }) => note !== null);
  return noted.slice(0, NOTES_MAX).map(({ name, note }): Line => [{ text: cutText(`  ${remark(name, note!)}`, width), look: 'warn' }]);
}
