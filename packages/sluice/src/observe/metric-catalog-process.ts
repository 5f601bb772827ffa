/** Metrics of what is there once: certificates, instances that Sluice runs, the process itself. */
import { labelValue } from './escape.ts';
import type { FleetServiceStatus, InstanceStatus } from './fleet-status.ts';
import type { CacheTierFacts, MetricFamily, ProcessFacts } from './metric-family.ts';
import { LOG_DROPPED } from './metric-layout.ts';

type Sample = readonly [labels: string, value: number];

function fact(name: string, type: 'counter' | 'gauge', help: string, value: (facts: ProcessFacts) => number): MetricFamily {
  return { name, type, help, labels: [], of: 'worker', source: { read: 'facts', samples: (facts) => [['', value(facts)]] } };
}

/** One sample for each service whose instances Sluice runs. */
function fleetGauge(name: string, help: string, value: (service: FleetServiceStatus) => number): MetricFamily {
  const samples = ({ fleet }: ProcessFacts): readonly Sample[] =>
    fleet.map((service) => [`service="${labelValue(service.service)}"`, value(service)]);
  return { name, type: 'gauge', help, labels: ['service'], of: 'worker', source: { read: 'facts', samples } };
}

/** One sample for each instance of which it is known. Its label is `replica`: `instance` is Prometheus's own name of what it scrapes. */
function instanceMetric(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  value: (instance: InstanceStatus) => number | null,
): MetricFamily {
  const samples = ({ fleet }: ProcessFacts): readonly Sample[] =>
    fleet.flatMap(({ service, instances }) =>
      instances.flatMap((instance): Sample[] => {
        const known = value(instance);
        return known === null ? [] : [[`service="${labelValue(service)}",replica="${labelValue(instance.id)}"`, known]];
      }),
    );
  return { name, type, help, labels: ['service', 'replica'], of: 'worker', source: { read: 'facts', samples } };
}

/** One sample for each tier of a cache that knows it. */
function cacheMetric(name: string, type: 'counter' | 'gauge', help: string, value: (tier: CacheTierFacts) => number | null): MetricFamily {
  const samples = ({ caches }: ProcessFacts): readonly Sample[] =>
    caches.flatMap((tier): Sample[] => {
      const known = value(tier);
      return known === null ? [] : [[`cache="${labelValue(tier.cache)}",tier="${tier.tier}"`, known]];
    });
  return { name, type, help, labels: ['cache', 'tier'], of: 'worker', source: { read: 'facts', samples } };
}

/** Left out where the system does not say. */
function maybe(name: string, help: string, value: (facts: ProcessFacts) => number | null): MetricFamily {
  const samples = (facts: ProcessFacts): readonly Sample[] => {
    const known = value(facts);
    return known === null ? [] : [['', known]];
  };
  return { name, type: 'gauge', help, labels: [], of: 'worker', source: { read: 'facts', samples } };
}

const CERTIFICATE_METRICS: readonly MetricFamily[] = [
  {
    name: 'sluice_certificate_expiry_seconds',
    type: 'gauge',
    help: "Time until a listener's certificate ends, by the first of its names; negative when it has ended.",
    labels: ['listener', 'name'],
    of: 'worker',
    source: {
      read: 'facts',
      samples: ({ certificates }) =>
        certificates.lives.map(({ listener, name, secondsLeft }) => [
          `listener="${labelValue(listener)}",name="${labelValue(name)}"`,
          secondsLeft,
        ]),
    },
  },
  {
    name: 'sluice_certificate_orders_total',
    type: 'counter',
    help: 'Certificates ordered by ACME, by result: issued, failed.',
    labels: ['result'],
    of: 'worker',
    source: {
      read: 'facts',
      samples: ({ certificates }) => [
        ['result="issued"', certificates.issued],
        ['result="failed"', certificates.failed],
      ],
    },
  },
];

const INSTANCE_METRICS: readonly MetricFamily[] = [
  {
    name: 'sluice_instances',
    type: 'gauge',
    help: 'Instances that Sluice runs, by version and phase: starting, ready, unready, draining, stopping, waiting.',
    labels: ['service', 'version', 'phase'],
    of: 'worker',
    source: { read: 'facts', samples: ({ fleet }) => fleet.flatMap(instancesByPhase) },
  },
  fleetGauge('sluice_instances_wanted', 'Instances that a service is to have.', ({ wanted }) => wanted),
  fleetGauge('sluice_instances_max', 'Instances that a service may have at most.', ({ max }) => max),
  fleetGauge('sluice_instances_min', 'Instances that a service has at least.', ({ min }) => min),
  fleetGauge('sluice_instances_ready', 'Instances of a service that are ready.', ({ ready }) => ready),
  fleetGauge('sluice_instances_at_max', '1 while a service is to have as many instances as it may, else 0.', ({ wanted, max }) =>
    Number(wanted >= max),
  ),
  fleetGauge('sluice_service_asleep', '1 while a service sleeps: the next request wakes it.', ({ isAsleep }) => Number(isAsleep)),
  fleetGauge('sluice_service_paused', '1 while the requests of a service are held back.', ({ isPaused }) => Number(isPaused)),
  fleetGauge('sluice_deploy_running', '1 while a deploy of a service runs, else 0.', ({ deploy }) => Number(deploy !== null)),
  fleetGauge(
    'sluice_deploy_share',
    'Share 0..1 of the requests that the new version gets while a deploy runs; 1 while none does.',
    ({ deploy }) => (deploy === null ? 1 : deploy.share),
  ),
  {
    name: 'sluice_instance_info',
    type: 'gauge',
    help: 'Always 1; joins an instance that has an address with the metrics of that endpoint.',
    labels: ['service', 'replica', 'endpoint', 'version'],
    of: 'worker',
    source: { read: 'facts', samples: ({ fleet }) => fleet.flatMap(instanceInfos) },
  },
  instanceMetric('sluice_instance_ready', 'gauge', '1 while an instance is ready, else 0.', ({ phase }) => Number(phase === 'ready')),
  instanceMetric('sluice_instance_cpu_cores', 'gauge', 'Cores that an instance uses.', ({ cpu }) => cpu),
  instanceMetric('sluice_instance_memory_bytes', 'gauge', 'Memory that an instance holds.', ({ memoryBytes }) => memoryBytes),
  instanceMetric('sluice_instance_restarts_total', 'counter', 'Times that an instance was started again.', ({ restarts }) => restarts),
];

function instancesByPhase({ service, instances }: FleetServiceStatus): Sample[] {
  const groups = Map.groupBy(
    instances,
    ({ version, phase }) => `service="${labelValue(service)}",version="${labelValue(version)}",phase="${labelValue(phase)}"`,
  );
  return [...groups].map(([labels, members]) => [labels, members.length]);
}

function instanceInfos({ service, instances }: FleetServiceStatus): Sample[] {
  return instances.flatMap(({ id, address, version }): Sample[] => {
    if (address === null) return [];
    const instance = `service="${labelValue(service)}",replica="${labelValue(id)}"`;
    return [[`${instance},endpoint="${labelValue(address)}",version="${labelValue(version)}"`, 1]];
  });
}

const CACHE_METRICS: readonly MetricFamily[] = [
  cacheMetric('sluice_cache_entries', 'gauge', 'Entries in a tier of a cache: memory, disk.', ({ entries }) => entries),
  cacheMetric('sluice_cache_bytes', 'gauge', 'Bytes that the entries of a tier take.', ({ bytes }) => bytes),
  cacheMetric('sluice_cache_capacity_bytes', 'gauge', 'Bytes that a tier may take.', ({ capacityBytes }) => capacityBytes),
  cacheMetric('sluice_cache_hits_total', 'counter', 'Look-ups that a tier answered: memory, disk, shared.', ({ hits }) => hits),
  cacheMetric('sluice_cache_misses_total', 'counter', 'Look-ups that found nothing in a tier.', ({ misses }) => misses),
  cacheMetric('sluice_cache_insertions_total', 'counter', 'Entries put into a tier.', ({ insertions }) => insertions),
  cacheMetric('sluice_cache_evictions_total', 'counter', 'Entries that made room for others.', ({ evictions }) => evictions),
];

const OBSERVING_METRICS: readonly MetricFamily[] = [
  {
    name: 'sluice_service_degraded',
    type: 'gauge',
    help: '1 while all endpoints of a service fail the same check, so that they are used all the same, else 0.',
    labels: ['service'],
    of: 'worker',
    source: {
      read: 'facts',
      samples: ({ degraded }) => degraded.map(({ service, isDegraded }) => [`service="${labelValue(service)}"`, Number(isDegraded)]),
    },
  },
  {
    name: 'sluice_alerts',
    type: 'gauge',
    help: 'Alerts, by state: pending, firing, resolved.',
    labels: ['state', 'severity'],
    of: 'worker',
    source: {
      read: 'facts',
      samples: ({ alerts }) => alerts.map(({ state, severity, count }) => [`state="${state}",severity="${severity}"`, count]),
    },
  },
  {
    name: 'sluice_alert_notices_total',
    type: 'counter',
    help: 'Notices of alerts to a sink, by outcome: told, retried (a try that failed and is made again), given-up.',
    labels: ['sink', 'outcome'],
    of: 'worker',
    source: {
      read: 'facts',
      samples: ({ notices }) => notices.map(({ sink, outcome, count }) => [`sink="${labelValue(sink)}",outcome="${outcome}"`, count]),
    },
  },
  {
    name: 'sluice_spans_total',
    type: 'counter',
    help: 'Spans of sampled traces, by outcome: exported, dropped, failed (refused by the collector).',
    labels: ['outcome'],
    of: 'worker',
    source: { read: 'facts', samples: ({ spans }) => spans.map(({ outcome, count }) => [`outcome="${outcome}"`, count]) },
  },
  {
    name: 'sluice_metrics_folded',
    type: 'gauge',
    help: 'Names beyond the most that are shown, summed as one called other, by label: route, service, endpoint.',
    labels: ['label'],
    of: 'worker',
    source: { read: 'folded' },
  },
];

const PROCESS_METRICS: readonly MetricFamily[] = [
  {
    name: 'sluice_access_log_dropped_total',
    type: 'counter',
    help: 'Access log lines dropped because the disk was too slow.',
    labels: [],
    of: 'worker',
    source: { read: 'column', column: LOG_DROPPED },
  },
  {
    name: 'sluice_build_info',
    type: 'gauge',
    help: 'Always 1; the version and the runtime are labels.',
    labels: ['version', 'runtime'],
    of: 'worker',
    source: { read: 'facts', samples: (facts) => [[`version="${facts.version}",runtime="${facts.runtime}"`, 1]] },
  },
  fact('sluice_workers', 'gauge', 'Data-plane threads running.', (facts) => facts.workers),
  fact('sluice_worker_restarts_total', 'counter', 'Data-plane threads started again after a crash.', (facts) => facts.workerRestarts),
  {
    name: 'sluice_worker_utilization_ratio',
    type: 'gauge',
    help: 'Share 0..1 of its time that the event loop of a data-plane thread was busy lately.',
    labels: ['worker'],
    of: 'worker',
    source: { read: 'facts', samples: ({ utilization }) => utilization.map(({ worker, ratio }) => [`worker="${worker}"`, ratio]) },
  },
  fact(
    'sluice_main_thread_busy_seconds_total',
    'counter',
    'Time that the event loop of the main thread, which serves no traffic, was busy.',
    (facts) => facts.mainBusySeconds,
  ),
  fact('sluice_config_generation', 'gauge', 'Generation of the plan that runs.', (facts) => facts.generation),
  {
    name: 'sluice_reloads_total',
    type: 'counter',
    help: 'Configurations read anew, by result: applied, refused.',
    labels: ['result'],
    of: 'worker',
    source: {
      read: 'facts',
      samples: (facts) => [
        ['result="applied"', facts.reloadsApplied],
        ['result="refused"', facts.reloadsRefused],
      ],
    },
  },
  fact('process_cpu_seconds_total', 'counter', 'User and system CPU time, all threads.', (facts) => facts.cpuSeconds),
  fact('process_resident_memory_bytes', 'gauge', 'Resident memory.', (facts) => facts.residentBytes),
  maybe(
    'process_virtual_memory_bytes',
    'Virtual memory; the room of shared tables is mapped in it, not used.',
    (facts) => facts.virtualBytes,
  ),
  maybe('process_open_fds', 'File descriptors that are open: sockets, mostly.', (facts) => facts.openFiles),
  maybe('process_max_fds', 'File descriptors that may be open.', (facts) => facts.maxFiles),
  fact('process_start_time_seconds', 'gauge', 'When the process began, in seconds since 1970.', (facts) => facts.startSeconds),
];

/** In the order in which they are exposed and documented. */
export const OTHER_METRICS: readonly MetricFamily[] = [
  ...CERTIFICATE_METRICS,
  ...INSTANCE_METRICS,
  ...CACHE_METRICS,
  ...OBSERVING_METRICS,
  ...PROCESS_METRICS,
];
