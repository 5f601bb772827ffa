/** What an engine tells about one container (`GET /containers/{id}/json`), as far as it is used; Docker and Podman differ in what they leave out. */

export interface ContainerState {
  /** The whole id. */
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isRunning: boolean;
  /** It has run, and has ended. One that was only created has not. */
  readonly hasEnded: boolean;
  readonly exitCode: number;
  readonly isOutOfMemory: boolean;
  /** Why it could not be started, or else. */
  readonly error: string;
  /** Wall milliseconds; 0 = never. */
  readonly startedAtMs: number;
  /** The image's or the container's; null = SIGTERM. */
  readonly stopSignal: string | null;
  /** 0 = no bound. */
  readonly memoryBytes: number;
  /** Address in the first network that gives one. */
  readonly address: string | null;
  /** Port of this host by port of the container, `3000/tcp`. */
  readonly published: ReadonlyMap<string, number>;
}

/** The parts of the answer that are read; all may be missing. */
interface Inspected {
  readonly Id?: string;
  readonly Config?: { readonly Labels?: Record<string, string> | null; readonly StopSignal?: string | number | null };
  readonly HostConfig?: { readonly Memory?: number };
  readonly State?: {
    readonly Status?: string;
    readonly Running?: boolean;
    readonly ExitCode?: number;
    readonly OOMKilled?: boolean;
    readonly Error?: string;
    readonly StartedAt?: string;
  };
  readonly NetworkSettings?: {
    readonly Networks?: Record<string, { readonly IPAddress?: string; readonly GlobalIPv6Address?: string } | null> | null;
    readonly Ports?: Record<string, readonly { readonly HostIp?: string; readonly HostPort?: string }[] | null> | null;
  };
}

/** Docker says `exited` and `dead`; Podman `exited` and `stopped`, which is between its end and its clean-up. */
const ENDED = new Set(['exited', 'dead', 'stopped', 'removing']);

export function parseContainerState(answer: unknown): ContainerState {
  const { Id = '', Config, HostConfig, State, NetworkSettings } = answer as Inspected;
  const startedAtMs = Date.parse(State?.StartedAt ?? '');
  const stopSignal = Config?.StopSignal;
  return {
    id: Id,
    labels: Config?.Labels ?? {},
    isRunning: State?.Running === true,
    hasEnded: State?.Running !== true && ENDED.has(State?.Status ?? ''),
    exitCode: State?.ExitCode ?? 0,
    isOutOfMemory: State?.OOMKilled === true,
    error: State?.Error ?? '',
    startedAtMs: startedAtMs > 0 ? startedAtMs : 0,
    stopSignal: stopSignal === undefined || stopSignal === null || stopSignal === '' ? null : String(stopSignal),
    memoryBytes: Math.max(0, HostConfig?.Memory ?? 0),
    address: addressIn(NetworkSettings?.Networks),
    published: publishedIn(NetworkSettings?.Ports),
  };
}

function addressIn(networks: NonNullable<Inspected['NetworkSettings']>['Networks']): string | null {
  for (const network of Object.values(networks ?? {})) {
    const address = network?.IPAddress || network?.GlobalIPv6Address;
    if (address) return address;
  }
  return null;
}

function publishedIn(ports: NonNullable<Inspected['NetworkSettings']>['Ports']): ReadonlyMap<string, number> {
  const published = new Map<string, number>();
  for (const [name, bindings] of Object.entries(ports ?? {})) {
    const port = Number(bindings?.[0]?.HostPort);
    if (port > 0) published.set(name, port);
  }
  return published;
}
