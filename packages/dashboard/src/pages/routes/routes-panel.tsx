/** All routes in a table: searched, sorted by a heading, a hundred at a time, live in its cells. */
import { useComputed, useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { getJson } from '../../api/client.ts';
import { pageHref, serviceHref } from '../../app/location.ts';
import { LiveText } from '../../components/live-text.tsx';
import { Empty, Panel } from '../../components/page.tsx';
import { Pager } from '../../components/pager.tsx';
import { SortHeader } from '../../components/sort-header.tsx';
import type { Order } from '../../components/sort-header.tsx';
import { useLoaded } from '../../components/use-loaded.ts';
import { status, traffic } from '../../store/store.ts';
import { count, errorShare, latency, percent, whole } from '../../view/format.ts';
import { routeRows, searchRoutes, sortRoutes } from '../../view/route-rows.ts';
import type { PlanRoute, RouteKey, RouteRow } from '../../view/route-rows.ts';

const ROWS_SHOWN = 100;

export function RoutesPanel() {
  const generation = useComputed(() => status.value?.generation ?? 0);
  const { value, problem } = useLoaded(String(generation.value), async (signal) =>
    getJson<{ plan: { routes?: readonly PlanRoute[] } | null }>('api/plan', { signal }),
  );
  const rows = useMemo(() => (value === null ? null : routeRows(value.plan?.routes ?? [])), [value]);
  return (
    <Panel title="All routes">
      {problem === null ? null : <p class="problem">The routes could not be read: {problem}</p>}
      {rows === null ? problem === null ? <Empty>Loading…</Empty> : null : <Routes rows={rows} />}
    </Panel>
  );
}

function Routes({ rows }: { readonly rows: readonly RouteRow[] }) {
  const search = useSignal('');
  const order = useSignal<Order<RouteKey>>({ by: 'order', isDescending: false });
  const page = useSignal(0);
  const found = useMemo(() => sortRoutes(searchRoutes(rows, search.value), traffic.peek(), order.value), [rows, search.value, order.value]);
  if (rows.length === 0) return <Empty>The configuration has no routes.</Empty>;
  const at = Math.min(page.value, Math.max(0, Math.ceil(found.length / ROWS_SHOWN) - 1));
  return (
    <>
      <div class="tools">
        <label class="field grow">
          Search
          <input
            class="input"
            type="search"
            placeholder="name, host, path, service, filter"
            value={search.value}
            onInput={({ currentTarget }) => {
              search.value = currentTarget.value;
              page.value = 0;
            }}
          />
        </label>
        <p class="hint" role="status">
          {whole(found.length)} {found.length === 1 ? 'route' : 'routes'}
        </p>
      </div>
      {found.length === 0 ? <Empty>No route has “{search.value}” in its name, match, services or filters.</Empty> : null}
      <Table rows={found.slice(at * ROWS_SHOWN, (at + 1) * ROWS_SHOWN)} order={order} />
      <Pager page={page} size={ROWS_SHOWN} total={found.length} />
    </>
  );
}

function Table({ rows, order }: { readonly rows: readonly RouteRow[]; readonly order: Signal<Order<RouteKey>> }) {
  if (rows.length === 0) return null;
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label="Routes: table">
      <table class="table">
        <thead>
          <tr>
            <SortHeader order={order} by="name" label="Route" />
            <SortHeader order={order} by="order" label="Matches" />
            <th scope="col">Goes to</th>
            <SortHeader order={order} by="priority" label="Priority" isNumber />
            <SortHeader order={order} by="rps" label="Requests/s" isNumber />
            <SortHeader order={order} by="errors" label="Errors" isNumber />
            <SortHeader order={order} by="p95" label="p95" isNumber />
            <SortHeader order={order} by="hits" label="Cache hits" isNumber />
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.name} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row }: { readonly row: RouteRow }) {
  const { name, match, action, services, filters, priority } = row;
  const rate = () => traffic.value?.routes[name];
  return (
    <tr>
      <th scope="row">
        <a href={pageHref('logs', { route: name })} title={`Live requests of ${name}`}>
          {name}
        </a>
      </th>
      <td class="wrap">
        <code>{match}</code>
        {filters.length === 0 ? null : (
          <span class="tags">
            {filters.map((kind, index) => (
              <span key={index} class="tag">
                {kind}
              </span>
            ))}
          </span>
        )}
      </td>
      <td class="wrap">
        {action}
        {services.map((service, index) => (
          <span key={service.name}>
            {index === 0 ? '' : ', '}
            <a href={serviceHref(service.name)}>{service.name}</a>
            {services.length === 1 ? '' : ` ${percent(service.share)}`}
          </span>
        ))}
      </td>
      <td class="number">{priority}</td>
      <td class="number">
        <LiveText of={() => count(rate()?.rps)} />
      </td>
      <td class="number">
        <LiveText of={() => errorShare(rate())} />
      </td>
      <td class="number">
        <LiveText of={() => latency(rate()?.p95Ms)} />
      </td>
      <td class="number">
        <LiveText of={() => percent(rate()?.hitRatio)} />
      </td>
    </tr>
  );
}
