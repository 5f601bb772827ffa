/** Endpoints and instances of a service in a table. Rows are drawn when the Status is another, cells each second by themselves. */
import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { getJson } from '../../api/client.ts';
import type { EventEntry, EventPage, FleetStatus, ServiceStatus } from '../../api/types.ts';
import { Empty, Panel } from '../../components/page.tsx';
import { useLoaded } from '../../components/use-loaded.ts';
import { events as latest } from '../../store/store.ts';
import { endpointRows, noteOf } from '../../view/endpoint-rows.ts';
import { mergeEvents } from '../../view/event-list.ts';
import { EndpointLine } from './endpoint-line.tsx';

/** More are shown when asked for. */
const ROWS_FIRST = 100;
const EVENTS_MAX = 500;
const EVENTS_MS = 15_000;

interface EndpointsPanelProps {
  readonly service: ServiceStatus;
  readonly fleet: FleetStatus | undefined;
}

export function EndpointsPanel({ service, fleet }: EndpointsPanelProps) {
  const isAll = useSignal(false);
  const rows = useMemo(() => endpointRows(service.endpoints, fleet?.instances ?? []), [service, fleet]);
  const history = useLoaded(
    service.name,
    async (signal) => (await getJson<EventPage>('api/events', { query: { q: service.name, limit: EVENTS_MAX }, signal })).items,
    EVENTS_MS,
  );
  // A signal, so that only the strips are drawn again; what the stream has brought since is there at once.
  const known = useSignal<readonly EventEntry[]>([]);
  useEffect(() => {
    known.value = history.value ?? [];
  }, [history.value]);
  const told = useComputed(() =>
    mergeEvents(
      known.value,
      latest.value.filter(({ detail }) => detail['service'] === service.name),
      EVENTS_MAX,
    ),
  );
  const shown = isAll.value ? rows : rows.slice(0, ROWS_FIRST);
  const hasFleet = fleet !== undefined;
  // A column of nothing would push the buttons out of sight.
  const hasNotes = rows.some((row) => noteOf(row) !== '');
  const columns = [
    'State',
    'Last hour',
    'Weight',
    'In flight',
    'Req/s',
    'Errors',
    'p95',
    ...(hasFleet ? ['Version', 'CPU', 'Memory', 'Age', 'Restarts'] : []),
  ];
  return (
    <Panel title={hasFleet ? 'Endpoints and instances' : 'Endpoints'} aside={<span class="soft">{rows.length}</span>}>
      {rows.length === 0 ? (
        <Empty>{fleet?.isAsleep === true ? 'It sleeps: the next request wakes it.' : 'There is none.'}</Empty>
      ) : (
        <div class="table-box tall" tabIndex={0} role="region" aria-label="Endpoints: table">
          <table class="table endpoints">
            <thead>
              <tr>
                <th scope="col">{hasFleet ? 'Instance' : 'Address'}</th>
                {columns.map((label) => (
                  <th key={label} scope="col" class={label === 'State' || label === 'Last hour' || label === 'Version' ? '' : 'number'}>
                    {label}
                  </th>
                ))}
                {hasNotes ? <th scope="col">Note</th> : null}
                <th scope="col" class="held-right">
                  <span class="unseen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <EndpointLine key={row.key} service={service.name} row={row} hasFleet={hasFleet} hasNotes={hasNotes} events={told} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown.length === rows.length ? null : (
        <p class="more">
          <button type="button" class="button" onClick={() => (isAll.value = true)}>
            Show {rows.length - shown.length} more
          </button>
        </p>
      )}
    </Panel>
  );
}
