/** Compiles what is run, and the life of an instance. Which kind it is was settled by the checks. */
import type {
  AwsAsgRunPlan,
  ContainerRunPlan,
  KubernetesRunPlan,
  LifePlan,
  LogsPlan,
  ProcessRunPlan,
  ReadyPlan,
  ResourcesPlan,
  RunPlan,
} from './fleet-plan.ts';
import type { ValidConfig } from './schema/config.ts';

type ValidRun = NonNullable<ValidConfig['services'][string]['run']>;

/** Where processes listen, unless said otherwise: nobody but this machine is to reach them past the gateway. */
const HOST = '127.0.0.1';
const LOGS: LogsPlan = { directory: null, fileBytes: 10 * 1_024 * 1_024, files: 5, terminal: true };

/** Compiles `run`. */
export function compileRun(run: ValidRun): RunPlan {
  if (run.container !== undefined) return compileContainer(run, run.container);
  if (run.kubernetes !== undefined) return compileKubernetes(run, run.kubernetes);
  if (run.autoScalingGroup !== undefined) return compileGroup(run, run.autoScalingGroup);
  return compileProcess(run, run.command ?? []);
}

function compileProcess(run: ValidRun, command: readonly string[]): ProcessRunPlan {
  const { logs } = run;
  return {
    runner: 'process',
    command,
    cwd: run.cwd ?? null,
    env: run.env,
    user: run.user ?? null,
    isSocket: run.socket ?? false,
    host: run.host ?? HOST,
    resources: compileResources(run.resources),
    logs:
      logs === undefined ? LOGS : { directory: logs.directory ?? null, fileBytes: logs.size, files: logs.files, terminal: logs.terminal },
    ...compileLife(run, 'tcp'),
  };
}

function compileContainer(run: ValidRun, container: NonNullable<ValidRun['container']>): ContainerRunPlan {
  return {
    runner: 'container',
    image: container.image,
    command: container.command ?? null,
    port: container.port,
    env: container.env,
    labels: container.labels,
    network: container.network ?? null,
    reach: container.reach,
    engine: container.engine ?? null,
    user: container.user ?? null,
    pull: container.pull,
    ulimits: container.ulimits,
    resources: compileResources(run.resources),
    ...compileLife(run, 'tcp'),
  };
}

function compileKubernetes(run: ValidRun, kubernetes: NonNullable<ValidRun['kubernetes']>): KubernetesRunPlan {
  const kind = kubernetes.statefulSet === undefined ? 'Deployment' : 'StatefulSet';
  const steps = (kubernetes.statefulSet ?? kubernetes.deployment ?? '').split('/');
  const [namespace = 'default', name = ''] = steps.length === 1 ? ['default', ...steps] : steps;
  return {
    runner: 'kubernetes',
    kind,
    namespace,
    name,
    serviceName: kubernetes.service,
    port: kubernetes.port ?? null,
    kubeconfig: kubernetes.kubeconfig ?? null,
    context: kubernetes.context ?? null,
    ...compileLife(run, 'none'),
  };
}

function compileGroup(run: ValidRun, group: NonNullable<ValidRun['autoScalingGroup']>): AwsAsgRunPlan {
  return {
    runner: 'aws-asg',
    group: group.name,
    region: group.region ?? null,
    port: group.port,
    address: group.address,
    targetGroupArn: group.targetGroup ?? null,
    endpoint: group.endpoint ?? null,
    pollMs: group.poll,
    ...compileLife(run, 'none'),
  };
}

/** @param probe What it is where none is given: a platform has its own. */
function compileLife(run: ValidRun, probe: 'tcp' | 'none'): LifePlan {
  const { base, max, steady, crashLoop } = run.restart;
  return {
    ready: compileReady(run.ready, probe),
    drainTimeoutMs: run.drain,
    stopTimeoutMs: run.stop,
    unreadyTimeoutMs: run.unready,
    restart: { baseMs: base, maxMs: max, steadyMs: steady, crashLoopAt: crashLoop },
  };
}

function compileReady(ready: ValidRun['ready'], fallback: 'tcp' | 'none'): ReadyPlan {
  const { http, tcp, none, within, interval, timeout } = ready;
  const kind = tcp === true ? 'tcp' : none === true ? 'none' : fallback;
  return {
    probe: http === undefined ? { kind } : { kind: 'http', path: http },
    withinMs: within,
    intervalMs: interval,
    timeoutMs: Math.min(timeout, interval),
  };
}

function compileResources(resources: ValidRun['resources']): ResourcesPlan {
  return { cpu: resources?.cpu ?? null, memoryBytes: resources?.memory ?? null };
}
