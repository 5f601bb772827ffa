/** Metrics of what is there once: certificates, instances that Sluice runs, the process itself. */
import { labelValue } from './escape.ts';
import type { FleetServiceStatus, InstanceStatus } from './fleet-status.ts';
import type { MetricFamily, ProcessFacts } from './metric-family.ts';
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
  fleetGauge('sluice_service_paused', '1 while the requests of a service are held back.', ({ isPaused }) => Number(isPaused)),
  fleetGauge(
    'sluice_deploy_share',
    'Share 0..1 of the requests that the new version gets while a deploy runs; 1 while none does.',
    ({ deploy }) => (deploy === null ? 1 : deploy.share),
  ),
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
  fact('process_start_time_seconds', 'gauge', 'When the process began, in seconds since 1970.', (facts) => facts.startSeconds),
];

/** In the order in which they are exposed and documented. */
export const OTHER_METRICS: readonly MetricFamily[] = [...CERTIFICATE_METRICS, ...INSTANCE_METRICS, ...PROCESS_METRICS];
