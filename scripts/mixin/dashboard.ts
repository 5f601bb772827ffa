/** A Grafana dashboard: rate, errors and duration of each service, what is near its bound, caches, instances. */

interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly queries: readonly (readonly [expr: string, legend: string])[];
}

interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** What the variables at its head choose. */
const CHOSEN = 'job=~"$job",instance=~"$instance"';
const SERVICE = `${CHOSEN},service=~"$service"`;
const RATE = '[$__rate_interval]';

function quantile(share: number): string {
  return `histogram_quantile(${share}, sum by (service, le) (rate(sluice_service_request_duration_seconds_bucket{${SERVICE}}${RATE})))`;
}

const ROWS: readonly Row[] = [
  {
    title: 'Services',
    panels: [
      {
        title: 'Requests',
        unit: 'reqps',
        queries: [[`sum by (service) (rate(sluice_service_requests_total{${SERVICE}}${RATE}))`, '{{service}}']],
      },
      {
        title: 'Failing',
        unit: 'percentunit',
        queries: [
          [
            `sum by (service) (rate(sluice_service_requests_total{${SERVICE},code=~"5xx|cut"}${RATE})) / sum by (service) (rate(sluice_service_requests_total{${SERVICE}}${RATE}))`,
            '{{service}}',
          ],
        ],
      },
      {
        title: 'Duration',
        unit: 's',
        queries: [
          [quantile(0.5), '{{service}} p50'],
          [quantile(0.99), '{{service}} p99'],
        ],
      },
    ],
  },
  {
    title: 'Saturation',
    panels: [
      { title: 'In flight', unit: 'short', queries: [[`sum by (service) (sluice_service_requests_inflight{${SERVICE}})`, '{{service}}']] },
      {
        title: 'Waiting',
        unit: 'short',
        queries: [
          [`sum by (service) (sluice_service_queued{${SERVICE}})`, '{{service}} for room'],
          [`sum by (service) (sluice_service_parked{${SERVICE}})`, '{{service}} for an instance'],
        ],
      },
      {
        title: 'Refused and retried',
        unit: 'reqps',
        queries: [
          [`sum by (service) (rate(sluice_shed_total{${SERVICE}}${RATE}))`, '{{service}} refused'],
          [`sum by (service) (rate(sluice_retries_total{${SERVICE}}${RATE}))`, '{{service}} retried'],
        ],
      },
      {
        title: 'Endpoints that are up',
        unit: 'short',
        queries: [[`sum by (service) (sluice_endpoint_up{${SERVICE}} * (1 - sluice_endpoint_ejected{${SERVICE}}))`, '{{service}}']],
      },
      {
        title: 'CPU',
        unit: 'short',
        queries: [[`rate(process_cpu_seconds_total{${CHOSEN}}${RATE}) and on (job, instance) sluice_build_info`, '{{instance}}']],
      },
      {
        title: 'Memory',
        unit: 'bytes',
        queries: [[`process_resident_memory_bytes{${CHOSEN}} and on (job, instance) sluice_build_info`, '{{instance}}']],
      },
    ],
  },
  {
    title: 'Caches',
    panels: [
      {
        title: 'What caches did',
        unit: 'reqps',
        queries: [[`sum by (verdict) (rate(sluice_route_cache_requests_total{${CHOSEN}}${RATE}))`, '{{verdict}}']],
      },
      {
        title: 'Sent from caches',
        unit: 'Bps',
        queries: [[`sum by (route) (rate(sluice_route_cache_bytes_total{${CHOSEN}}${RATE}))`, '{{route}}']],
      },
    ],
  },
  {
    title: 'Scaling',
    panels: [
      {
        title: 'Instances',
        unit: 'short',
        queries: [
          [`sum by (service, phase) (sluice_instances{${SERVICE}})`, '{{service}} {{phase}}'],
          [`sluice_instances_wanted{${SERVICE}}`, '{{service}} wanted'],
          [`sluice_instances_max{${SERVICE}}`, '{{service}} at most'],
        ],
      },
      {
        title: 'Restarts',
        unit: 'short',
        queries: [[`sum by (service) (increase(sluice_instance_restarts_total{${SERVICE}}${RATE}))`, '{{service}}']],
      },
    ],
  },
];

const WIDTH = 24;
const HEIGHT = 8;
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** As Grafana imports it (schema 39, Grafana 10 and later). */
export function dashboard(): object {
  return {
    uid: 'sluice',
    title: 'Sluice',
    tags: ['sluice'],
    schemaVersion: 39,
    timezone: '',
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' },
        variable('job', 'label_values(sluice_build_info, job)'),
        variable('instance', 'label_values(sluice_build_info{job=~"$job"}, instance)'),
        variable('service', `label_values(sluice_service_requests_total{${CHOSEN}}, service)`),
      ],
    },
    panels: panels(),
  };
}

/** All expressions, for whoever checks them. */
export function dashboardQueries(): readonly string[] {
  return ROWS.flatMap(({ panels: all }) => all.flatMap(({ queries }) => queries.map(([expr]) => expr)));
}

function variable(name: string, query: string): object {
  const all = { includeAll: true, multi: true, allValue: '.*', current: { text: 'All', value: '$__all' } };
  return { name, type: 'query', datasource: DATASOURCE, query: { query, refId: name }, refresh: 2, sort: 1, ...all };
}

function panels(): object[] {
  const made: object[] = [];
  let y = 0;
  for (const { title, panels: all } of ROWS) {
    made.push({ id: made.length + 1, type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y: y++, w: WIDTH, h: 1 } });
    const perLine = Math.min(all.length, 3);
    const width = WIDTH / perLine;
    all.forEach((panel, index) => {
      const gridPos = { x: (index % perLine) * width, y: y + Math.floor(index / perLine) * HEIGHT, w: width, h: HEIGHT };
      made.push(timeSeries(panel, made.length + 1, gridPos));
    });
    y += Math.ceil(all.length / perLine) * HEIGHT;
  }
  return made;
}

function timeSeries({ title, unit, queries }: Panel, id: number, gridPos: object): object {
  return {
    id,
    type: 'timeseries',
    title,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 10 } }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
  };
}
