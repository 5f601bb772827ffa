/** All services in a table: sorted by a heading, live in its cells. */
import { useComputed, useSignal } from '@preact/signals';
import { serviceHref } from '../../app/location.ts';
import type { ServiceStatus } from '../../api/types.ts';
import { LiveText } from '../../components/live-text.tsx';
import { Empty, Panel } from '../../components/page.tsx';
import { SortHeader } from '../../components/sort-header.tsx';
import type { Order } from '../../components/sort-header.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { fleetByName, serviceTraffic, status, traffic } from '../../store/store.ts';
import { count, errorShare, latency, NONE } from '../../view/format.ts';
import { sortServices } from '../../view/service-rows.ts';
import type { ServiceKey } from '../../view/service-rows.ts';

export function ServicesPanel() {
  const order = useSignal<Order<ServiceKey>>({ by: 'name', isDescending: false });
  const rows = useComputed(() => sortServices(status.value?.services ?? [], traffic.peek(), order.value));
  return (
    <Panel title="Services">
      {rows.value.length === 0 ? (
        <Empty>{status.value === null ? 'Loading…' : 'The configuration has no services.'}</Empty>
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
  return (
    <tr>
      <th scope="row">
        <a href={serviceHref(name)}>{name}</a>
      </th>
      <td>
        <State service={service} />
      </td>
      <td class="number">
        <LiveText of={() => count(serviceTraffic(name)?.rps)} />
      </td>
      <td class="number">
        <LiveText of={() => errorShare(serviceTraffic(name))} />
      </td>
      <td class="number">
        <LiveText of={() => latency(serviceTraffic(name)?.p95Ms)} />
      </td>
      <td class="number">
        <LiveText of={() => count(serviceTraffic(name)?.inflight)} />
      </td>
      <td class="number">
        <LiveText of={() => usable(service)} />
      </td>
      <td>
        <Instances name={name} />
      </td>
    </tr>
  );
}

/** Only drawn again when the state is another. */
function State({ service }: { readonly service: ServiceStatus }) {
  const state = useComputed(() => serviceTraffic(service.name)?.state ?? service.state);
  return <StateBadge state={state.value} />;
}

/** `3 of 4` that may be picked. */
function usable(service: ServiceStatus): string {
  const now = serviceTraffic(service.name)?.endpoints;
  const up = service.endpoints.filter(({ address, state }) => (now?.[address]?.state ?? state) === 'up').length;
  return up === service.endpoints.length ? String(up) : `${up} of ${service.endpoints.length}`;
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
