/**
 * What the fleet is to run, compiled: instances of services, how many, and how one version takes another's place. Only the control plane reads it
 * (`ControlSettings`), so it is no part of the Plan; what workers have to know of it is in `ServicePlan` (`parking`, `readsReports`).
 * Durations are milliseconds, sizes bytes.
 */
import type { DeployPlan } from '../core/fleet/deploy-policy.ts';
import type { ReplicasPlan } from '../core/scaling/policy.ts';

export type * from '../core/fleet/deploy-policy.ts';
export type * from '../core/scaling/policy.ts';

/** Everything that Sluice itself runs. */
export interface FleetPlan {
  readonly services: readonly FleetServicePlan[];
  /** What the instances of all services may take of this machine together; null = no bound. */
  readonly budget: { readonly cpu: number | null; readonly memoryBytes: number | null };
  /** Where instances are remembered over restarts, and log files and sockets lie; null: a directory of this user's for as long as the process lives. */
  readonly directory: string | null;
  /** Instances outlive Sluice, and are found again when it starts. */
  readonly isDetached: boolean;
}

/** Where detached instances are remembered unless said otherwise, beside the configuration. */
export const FLEET_DIRECTORY = '.sluice';

/** Nothing. */
export const NO_FLEET: FleetPlan = { services: [], budget: { cpu: null, memoryBytes: null }, directory: null, isDetached: false };

export interface FleetServicePlan {
  /** The service whose endpoints the instances are. */
  readonly service: string;
  readonly run: RunPlan;
  readonly replicas: ReplicasPlan;
  readonly deploy: DeployPlan;
}

export type RunnerKind = RunPlan['runner'];

export type RunPlan = ProcessRunPlan | ContainerRunPlan | KubernetesRunPlan | AwsAsgRunPlan;

/** What the life of an instance is bounded by, whatever runs it. */
export interface LifePlan {
  /** When an instance is ready. */
  readonly ready: ReadyPlan;
  /** From the stop of routing to SIGTERM, at most: what is in flight finishes. */
  readonly drainTimeoutMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly stopTimeoutMs: number;
  /** An instance that was ready and does not answer its probe for so long is replaced; 0 = never. Default 30 s. */
  readonly unreadyTimeoutMs: number;
  readonly restart: RestartPlan;
}

export interface ReadyPlan {
  readonly probe: { readonly kind: 'http'; readonly path: string } | { readonly kind: 'tcp' } | { readonly kind: 'none' };
  /** An instance that is not ready by then is stopped and started again. Default 60 s. */
  readonly withinMs: number;
  /** Between two probes of one that is ready; a starting one is asked more often. Default 5 s. */
  readonly intervalMs: number;
  /** One probe. Default 1 s. */
  readonly timeoutMs: number;
}

export interface RestartPlan {
  /** First wait after an exit, and the longest; exponential with jitter. Defaults 100 ms and 30 s. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** A run at least this long forgets the failures before it. Default 10 s. */
  readonly steadyMs: number;
  /** Failures in a row from which it is called a crash loop. Default 3. */
  readonly crashLoopAt: number;
}

/** Bounds of one instance; null = none. */
export interface ResourcesPlan {
  /** Cores, 0.01 and up. */
  readonly cpu: number | null;
  readonly memoryBytes: number | null;
}

export interface ProcessRunPlan extends LifePlan {
  readonly runner: 'process';
  /** Program and arguments; no shell. */
  readonly command: readonly string[];
  /** Working directory; null = Sluice's own. */
  readonly cwd: string | null;
  /** Added to Sluice's own environment. May hold secrets: never shown. */
  readonly env: Readonly<Record<string, string>>;
  /** User (and group) to run as, by name or number; null = Sluice's own. Needs root. */
  readonly user: string | null;
  /** Listens on a unix socket: PORT and SLUICE_SOCKET are its path. */
  readonly isSocket: boolean;
  /** HOST: where it is to listen, without `isSocket`. Default 127.0.0.1. */
  readonly host: string;
  readonly resources: ResourcesPlan;
  readonly logs: LogsPlan;
}

export interface LogsPlan {
  /** Directory for a file per instance; null = only the terminal. */
  readonly directory: string | null;
  /** A file is rotated at this size, and so many old ones are kept. Defaults 10 MiB and 5. */
  readonly fileBytes: number;
  readonly files: number;
  /** Whether lines also go to the terminal, after the instance's name. Default true. */
  readonly terminal: boolean;
}

export interface ContainerRunPlan extends LifePlan {
  readonly runner: 'container';
  readonly image: string;
  /** The image's own when null. */
  readonly command: readonly string[] | null;
  /** Port inside the container. */
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Engine network; `host` shares the machine's; null = the engine's default. */
  readonly network: string | null;
  /** How Sluice reaches it: the container's own address, or a port of this host that the engine publishes on loopback. */
  readonly reach: 'address' | 'published';
  /** `unix:/path`, or null: $DOCKER_HOST, else Docker's or Podman's usual socket. */
  readonly engine: string | null;
  readonly user: string | null;
  readonly pull: 'missing' | 'always' | 'never';
  /** Ulimits by name, `nofile: 20000`. */
  readonly ulimits: Readonly<Record<string, number>>;
  readonly resources: ResourcesPlan;
}

export interface KubernetesRunPlan extends LifePlan {
  readonly runner: 'kubernetes';
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly namespace: string;
  readonly name: string;
  /** Service whose EndpointSlices list the pods. */
  readonly serviceName: string;
  /** Port of the EndpointSlice by name or number; null = its only one. */
  readonly port: string | number | null;
  /** Kubeconfig; null = $KUBECONFIG, ~/.kube/config, or the pod's own account. */
  readonly kubeconfig: string | null;
  readonly context: string | null;
}

export interface AwsAsgRunPlan extends LifePlan {
  readonly runner: 'aws-asg';
  readonly group: string;
  readonly region: string | null;
  /** Port of the instances. */
  readonly port: number;
  /** Which address of an instance is used. */
  readonly address: 'private' | 'public';
  /** A target group whose health decides; null = the group's own health. */
  readonly targetGroupArn: string | null;
  /** Another endpoint of the API, for tests and private networks. */
  readonly endpoint: string | null;
  /** Between two looks. Default 5 s. */
  readonly pollMs: number;
}
