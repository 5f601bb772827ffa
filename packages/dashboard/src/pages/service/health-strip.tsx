/** How an endpoint was over the last hour: a strip in the colours of its states, lower where it could not be used. */
import type { ReadonlySignal } from '@preact/signals';
import type { EndpointStatus, EventEntry } from '../../api/types.ts';
import { clock, words } from '../../view/format.ts';
import { healthHistory } from '../../view/health-history.ts';
import type { HealthSpan } from '../../view/health-history.ts';

const HOUR_MS = 3_600_000;
const WIDTH = 96;
const HEIGHT = 14;

interface HealthStripProps {
  readonly service: string;
  readonly endpoint: EndpointStatus;
  readonly instance: string | null;
  readonly events: ReadonlySignal<readonly EventEntry[]>;
}

export function HealthStrip({ service, endpoint, instance, events }: HealthStripProps) {
  const now = Date.now();
  const since = now - HOUR_MS;
  const spans = healthHistory(events.value, { service, address: endpoint.address, instance, state: endpoint.state }, since, now);
  const x = (at: number) => ((at - since) / HOUR_MS) * WIDTH;
  return (
    <svg class="strip" width={WIDTH} height={HEIGHT} role="img" aria-label={describe(spans)}>
      {spans.map((span) => {
        const height = span.state === 'up' || span.state === 'unknown' ? HEIGHT : HEIGHT * 0.55;
        const width = Math.max(1.5, x(span.to) - x(span.from));
        return (
          <rect
            key={span.from}
            class={span.state}
            x={Math.min(x(span.from), WIDTH - width)}
            y={HEIGHT - height}
            width={width}
            height={height}
          >
            <title>{tell(span)}</title>
          </rect>
        );
      })}
    </svg>
  );
}

function tell({ state, from, event }: HealthSpan): string {
  const reason = event?.detail['reason'] ?? event?.detail['cause'];
  return `${state} from ${clock(from)}${event === null ? '' : `: ${words(event.what)}`}${reason === undefined ? '' : `, ${reason}`}`;
}

function describe(spans: readonly HealthSpan[]): string {
  const last = spans.slice(-3).map(tell).join('; ');
  return spans.length === 1 ? `${spans[0]!.state} for the last hour` : `${spans.length - 1} changes in the last hour; ${last}`;
}
