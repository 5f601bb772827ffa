/** The figures that tell at a glance how it goes: of all listeners together, and of the process. */
import { Figure } from '../../components/figure.tsx';
import { status, traffic } from '../../store/store.ts';
import { bytes, count, errorShare, latency, NONE, percent } from '../../view/format.ts';

/** More would be too thin to be seen; the busiest is told in words. */
const BARS_MAX = 32;

export function Totals() {
  const total = () => traffic.value?.total;
  return (
    <dl class="totals process live">
      <Figure label="Requests" unit="/s" of={() => count(total()?.rps)} />
      <Figure label="Errors" of={() => errorShare(total())} isBad={() => (total()?.errorRps ?? 0) > 0} />
      <Figure label="p50" of={() => latency(total()?.p50Ms)} />
      <Figure label="p95" of={() => latency(total()?.p95Ms)} />
      <Figure label="p99" of={() => latency(total()?.p99Ms)} />
      <Figure label="In flight" of={() => count(total()?.inflight)} />
      <Figure label="Connections" of={() => count(total()?.connections)} />
      <Figure label="In / out" of={() => `${bytes(total()?.bytesInPerSecond)} / ${bytes(total()?.bytesOutPerSecond)}`} unit="/s" isWide />
      <Figure label="CPU" of={() => traffic.value?.cpuCores.toFixed(2) ?? NONE} unit=" cores" />
      <Figure label="Memory" of={() => bytes(traffic.value?.residentBytes)} />
      <div class="total">
        <dt>Workers</dt>
        <dd>
          <Workers />
        </dd>
      </div>
    </dl>
  );
}

/** How busy each event loop is: a bar for each, and the busiest in words. */
function Workers() {
  const workers = traffic.value?.workers ?? [];
  const bars = Math.min(workers.length, BARS_MAX);
  const busiest = workers.reduce((most, { utilization }) => Math.max(most, utilization), 0);
  return (
    <span class="workers" title={workers.map(({ index, utilization }) => `worker ${index}: ${percent(utilization)}`).join('\n')}>
      <svg
        style={{ width: `${bars * 6}px` }}
        viewBox={`0 0 ${Math.max(1, bars) * 6} 20`}
        preserveAspectRatio="none"
        height="20"
        aria-hidden="true"
      >
        {workers.slice(0, BARS_MAX).map(({ index, utilization }, i) => (
          <g key={index}>
            <rect class="worker-room" x={i * 6} y="0" width="4" height="20" rx="1" />
            <rect
              class={utilization > 0.85 ? 'worker-busy' : 'worker-load'}
              x={i * 6}
              y={20 - utilization * 20}
              width="4"
              height={utilization * 20}
              rx="1"
            />
          </g>
        ))}
      </svg>
      {workers.length === 0 ? `${status.value?.workers ?? NONE}` : percent(busiest)}
    </span>
  );
}
