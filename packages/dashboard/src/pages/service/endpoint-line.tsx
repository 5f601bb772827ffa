/** A row: an endpoint, its instance, or both. */
import { useComputed } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { memo } from 'preact/compat';
import type { EventEntry, InstanceStatus } from '../../api/types.ts';
import { LiveText } from '../../components/live-text.tsx';
import { phaseState, StateBadge } from '../../components/state-badge.tsx';
import { endpointTraffic, instanceById, serviceTraffic } from '../../store/store.ts';
import { isSameRow } from '../../view/endpoint-rows.ts';
import type { EndpointRow } from '../../view/endpoint-rows.ts';
import { bytes, count, duration, errorShare, latency, NONE } from '../../view/format.ts';
import { EndpointActions } from './endpoint-actions.tsx';
import { HealthStrip } from './health-strip.tsx';

interface EndpointLineProps {
  readonly service: string;
  readonly row: EndpointRow;
  readonly hasFleet: boolean;
  readonly events: ReadonlySignal<readonly EventEntry[]>;
}

function Line({ service, row, hasFleet, events }: EndpointLineProps) {
  const { endpoint, instance } = row;
  const address = endpoint?.address ?? instance?.address ?? null;
  const now = () => (endpoint === null ? undefined : endpointTraffic(service, endpoint.address));
  const note = [endpoint?.note, instance?.trouble].filter((text) => text !== null && text !== undefined).join('; ');
  return (
    <tr>
      <th scope="row">
        {hasFleet ? (instance?.id ?? address) : address}
        {hasFleet && instance !== null && address !== null ? <span class="address">{address}</span> : null}
      </th>
      <td>
        <State service={service} row={row} />
      </td>
      <td>
        {endpoint === null ? null : <HealthStrip service={service} endpoint={endpoint} instance={instance?.id ?? null} events={events} />}
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
      {hasFleet ? <InstanceCells instance={instance} /> : null}
      <td class="wrap soft">{note}</td>
      <td>
        <EndpointActions service={service} endpoint={endpoint} instance={instance} />
      </td>
    </tr>
  );
}

/** With 200 of them, drawing all at each Status would cost frames. */
export const EndpointLine = memo(
  Line,
  (a, b) => a.service === b.service && a.hasFleet === b.hasFleet && a.events === b.events && isSameRow(a.row, b.row),
);

function State({ service, row }: { readonly service: string; readonly row: EndpointRow }) {
  const { endpoint, instance } = row;
  const state = useComputed(() =>
    endpoint === null ? null : (serviceTraffic(service)?.endpoints[endpoint.address]?.state ?? endpoint.state),
  );
  const isReady = instance === null || instance.phase === 'ready';
  if (state.value !== null && (isReady || state.value !== 'up')) return <StateBadge state={state.value} />;
  return instance === null ? null : <StateBadge state={phaseState(instance.phase)} label={instance.phase} />;
}

function InstanceCells({ instance }: { readonly instance: InstanceStatus | null }) {
  if (instance === null) return <td colSpan={5} />;
  const now = () => instanceById.value.get(instance.id);
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
