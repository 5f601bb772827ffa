/** A row: an endpoint, its instance, or both. */
import type { ReadonlySignal } from '@preact/signals';
import { memo } from 'preact/compat';
import { useRef } from 'preact/hooks';
import type { EventEntry, InstanceStatus } from '../../api/types.ts';
import { LiveText } from '../../components/live-text.tsx';
import { phaseState, StateBadge } from '../../components/state-badge.tsx';
import { useHeld, useSeen } from '../../components/use-seen.ts';
import { endpointState, endpointTraffic, instanceById } from '../../store/store.ts';
import { isSameRow, noteOf } from '../../view/endpoint-rows.ts';
import type { EndpointRow } from '../../view/endpoint-rows.ts';
import { bytes, count, duration, errorShare, latency, NONE } from '../../view/format.ts';
import { EndpointActions } from './endpoint-actions.tsx';
import { HealthStrip } from './health-strip.tsx';

interface EndpointLineProps {
  readonly service: string;
  readonly row: EndpointRow;
  readonly hasFleet: boolean;
  readonly hasNotes: boolean;
  readonly events: ReadonlySignal<readonly EventEntry[]>;
}

function Line({ service, row, hasFleet, hasNotes, events }: EndpointLineProps) {
  const { endpoint, instance } = row;
  const address = endpoint?.address ?? instance?.address ?? null;
  const line = useRef<HTMLTableRowElement>(null);
  const seen = useSeen(line);
  const traffic = useHeld(seen, () => (endpoint === null ? undefined : endpointTraffic(service, endpoint.address)));
  const told = useHeld(seen, () => events.value);
  const now = () => traffic.value;
  return (
    <tr ref={line}>
      <th scope="row">
        {hasFleet ? (instance?.id ?? address) : address}
        {hasFleet && instance !== null && address !== null ? <span class="address">{address}</span> : null}
      </th>
      <td>
        <State service={service} row={row} seen={seen} />
      </td>
      <td>
        {endpoint === null ? null : <HealthStrip service={service} endpoint={endpoint} instance={instance?.id ?? null} events={told} />}
      </td>
      <td class="number">{endpoint?.weight ?? NONE}</td>
      <td class="number">
        <LiveText of={() => count(now()?.inflight ?? instance?.inflight)} />
      </td>
      <td class="number">
        <LiveText of={() => count(now()?.rps)} />
      </td>
      <td class="number">
        <LiveText of={() => errorShare(now())} />
      </td>
      <td class="number">
        <LiveText of={() => latency(now()?.p95Ms)} />
      </td>
      {hasFleet ? <InstanceCells instance={instance} seen={seen} /> : null}
      {hasNotes ? <td class="wrap soft">{noteOf(row)}</td> : null}
      <td class="held-right">
        <EndpointActions service={service} endpoint={endpoint} instance={instance} />
      </td>
    </tr>
  );
}

/** With 200 of them, drawing all at each Status would cost frames. */
export const EndpointLine = memo(
  Line,
  (a, b) =>
    a.service === b.service && a.hasFleet === b.hasFleet && a.hasNotes === b.hasNotes && a.events === b.events && isSameRow(a.row, b.row),
);

type StateProps = Pick<EndpointLineProps, 'service' | 'row'> & { readonly seen: ReadonlySignal<boolean> };

function State({ service, row, seen }: StateProps) {
  const { endpoint, instance } = row;
  const state = useHeld(seen, () => (endpoint === null ? null : endpointState(service, endpoint.address, endpoint.state)));
  const isReady = instance === null || instance.phase === 'ready';
  if (state.value !== null && (isReady || state.value !== 'up')) return <StateBadge state={state.value} />;
  return instance === null ? null : <StateBadge state={phaseState(instance.phase)} label={instance.phase} />;
}

function InstanceCells({ instance, seen }: { readonly instance: InstanceStatus | null; readonly seen: ReadonlySignal<boolean> }) {
  const load = useHeld(seen, () => instanceById.value.get(instance?.id ?? ''));
  if (instance === null) return <td colSpan={5} />;
  const now = () => load.value;
  return (
    <>
      <td>
        <span class="tag">{instance.version}</span>
        {instance.isProtected ? <span class="tag">protected</span> : null}
      </td>
      <td class="number">
        <LiveText of={() => now()?.cpu?.toFixed(2) ?? NONE} />
      </td>
      <td class="number">
        <LiveText of={() => bytes(now()?.memoryBytes)} />
      </td>
      <td class="number">
        <LiveText of={() => duration(now()?.ageSeconds)} />
      </td>
      <td class="number">{instance.restarts}</td>
    </>
  );
}
