/**
 * The live tail: workers send lines of the access log only while somebody looks. Viewers with other filters share one: workers are sent the union of them (what differs matches
 * all), and each viewer's lines are chosen here. A query string is shown where the access log has it, and left out where there is no log: it may carry tokens.
 * Bounds: 1,000 lines that a viewer has not read, `perSecond` lines for it, 5,000 from a worker; the others are counted: `{"skipped":n}`.
 */
import type { Clock } from '../../base/time.ts';
import type { TailFilter } from '../../config/worker-protocol.ts';
import { type AccessFields, matchesTail } from '../../config/tail-filter.ts';
import { Following } from './following.ts';

const WAITING_MAX = 1_000;
const PER_SECOND_MAX = 5_000;
const SECOND_MS = 1_000;

interface Viewer {
  readonly filter: TailFilter;
  readonly following: Following<string>;
  /** Of this second. */
  since: number;
  sent: number;
  skipped: number;
}

export class AccessTail {
  readonly #clock: Clock;
  readonly #viewers = new Set<Viewer>();
  #tail: (filter: TailFilter | null) => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param tail Tells workers what to send. */
  connect(tail: (filter: TailFilter | null) => void): void {
    this.#tail = tail;
  }

  /** From a worker. */
  accessed(lines: readonly string[], skipped: number): void {
    if (this.#viewers.size === 0) return;
    // Even for one viewer: lines may be on their way that another one wanted, who has left.
    const records = lines.map((line) => JSON.parse(line) as AccessFields);
    for (const viewer of this.#viewers) {
      lines.forEach((line, index) => {
        if (matchesTail(viewer.filter, records[index]!, line)) this.#offer(viewer, line);
      });
      viewer.skipped += skipped;
      this.#tellSkipped(viewer);
    }
  }

  /** JSON lines, and `{"skipped":n}` where there were more, until `signal` aborts. */
  follow(filter: TailFilter, signal: AbortSignal): AsyncIterable<string> {
    const ended = (): void => {
      this.#viewers.delete(viewer);
      this.#tell();
    };
    const following = new Following<string>({ max: WAITING_MAX, signal, ended, gap: (lost) => skippedLine(lost) });
    const viewer: Viewer = { filter, following, since: this.#clock.now(), sent: 0, skipped: 0 };
    if (signal.aborted) return following;
    this.#viewers.add(viewer);
    this.#tell();
    return following;
  }

  #offer(viewer: Viewer, line: string): void {
    const now = this.#clock.now();
    if (now - viewer.since >= SECOND_MS) {
      viewer.since = now;
      viewer.sent = 0;
    }
    if (viewer.sent++ < viewer.filter.perSecond) viewer.following.offer(line);
    else viewer.skipped++;
  }

  #tellSkipped(viewer: Viewer): void {
    if (viewer.skipped === 0) return;
    viewer.following.offer(skippedLine(viewer.skipped));
    viewer.skipped = 0;
  }

  #tell(): void {
    const filters = [...this.#viewers].map(({ filter }) => filter);
    this.#tail(filters.length === 0 ? null : filters.reduce(union));
  }
}

function skippedLine(count: number): string {
  return `{"skipped":${count}}`;
}

/** What at least one of both matches, and perhaps more. */
function union(left: TailFilter, right: TailFilter): TailFilter {
  const both = <Value>(one: Value, other: Value, all: Value): Value => (one === other ? one : all);
  return {
    route: both(left.route, right.route, null),
    service: both(left.service, right.service, null),
    endpoint: both(left.endpoint, right.endpoint, null),
    status: both(left.status, right.status, null),
    text: both(left.text, right.text, ''),
    perSecond: Math.min(PER_SECOND_MAX, left.perSecond + right.perSecond),
  };
}
