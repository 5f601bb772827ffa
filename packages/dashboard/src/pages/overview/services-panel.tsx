/** All services in a table: sorted by a heading, live in its cells. */
import { useComputed, useSignal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { serviceHref } from '../../app/location.ts';
import type { ServiceStatus, ServiceTraffic } from '../../api/types.ts';
import { LiveText } from '../../components/live-text.tsx';
import { Empty, Panel } from '../../components/page.tsx';
import { SortHeader } from '../../components/sort-header.tsx';
import type { Order } from '../../components/sort-header.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { useHeld, useSeen } from '../../components/use-seen.ts';
import { endpointState, fleetByName, serviceTraffic, status, traffic } from '../../store/store.ts';
import { count, errorShare, latency, NONE } from '../../view/format.ts';
import { sortServices } from '../../view/service-rows.ts';
import type { ServiceKey } from '../../view/service-rows.ts';

export function ServicesPanel() {
  const order = useSignal<Order<ServiceKey>>({ by: 'name', isDescending: false });
  const rows = useComputed(() => sortServices(status.value?.services ?? [], traffic.peek(), order.value));
  return (
    <Panel title="Services">
      {rows.value.length === 0 ? (
        <Empty>The configuration has no services.</Empty>
      ) : (
        <div class="table-box tall" tabIndex={0} role="region" aria-label="Services: table">
          <table class="table">
            <thead>
              <tr>
                <SortHeader order={order} by="name" label="Service" />
                <SortHeader order={order} by="state" label="State" />
                <SortHeader order={order} by="rps" label="Requests/s" isNumber />
                <SortHeader order={order} by="errors" label="Errors" isNumber />
                <SortHeader order={order} by="p95" label="p95" isNumber />
                <SortHeader order={order} by="inflight" label="In flight" isNumber />
                <th scope="col" class="number">
                  Endpoints
                </th>
                <th scope="col">Instances</th>
              </tr>
            </thead>
            <tbody>
              {rows.value.map((service) => (
                <Row key={service.name} service={service} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Row({ service }: { readonly service: ServiceStatus }) {
  const { name } = service;
  const line = useRef<HTMLTableRowElement>(null);
  const seen = useSeen(line);
  const traffic = useHeld(seen, () => serviceTraffic(name));
  const now = () => traffic.value;
  return (
    <tr ref={line}>
      <th scope="row">
        <a href={serviceHref(name)}>{name}</a>
      </th>
      <td>
        <State service={service} now={traffic} />
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
      <td class="number">
        <LiveText of={() => count(now()?.inflight)} />
      </td>
      <td class="number">
        <Usable service={service} seen={seen} />
      </td>
      <td>
        <Instances name={name} />
      </td>
    </tr>
  );
}

/** Only drawn again when the state is another. */
function State({ service, now }: { readonly service: ServiceStatus; readonly now: ReadonlySignal<ServiceTraffic | undefined> }) {
  const state = useComputed(() => now.value?.state ?? service.state);
  return <StateBadge state={state.value} />;
}

/** `3 of 4` that may be picked. */
function Usable({ service, seen }: { readonly service: ServiceStatus; readonly seen: ReadonlySignal<boolean> }) {
  const { name, endpoints } = service;
  const text = useHeld(seen, () => {
    const up = endpoints.filter(({ address, state }) => endpointState(name, address, state) === 'up').length;
    return up === endpoints.length ? String(up) : `${up} of ${endpoints.length}`;
  });
  return <>{text}</>;
}

function Instances({ name }: { readonly name: string }) {
  const fleet = fleetByName.value.get(name);
  if (fleet === undefined) return <span class="soft">{NONE}</span>;
  const what = fleet.isAsleep ? 'asleep' : `${fleet.ready} of ${fleet.wanted}`;
  return (
    <span>
      {what} <span class="soft">({fleet.manual === null ? `${fleet.min}–${fleet.max}` : 'by hand'})</span>
      {fleet.deploy === null ? null : <span class="tag">deploying {fleet.deploy.to}</span>}
    </span>
  );
}
