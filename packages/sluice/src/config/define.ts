/**
 * `defineConfig`: the configuration with types that know its own names. A route to a service or listener that does not exist is a type error at the
 * place where it is written; so is a route with two actions, or a probe of two kinds.
 */
import type { AnsweringFilter, FilterInput } from './filters.ts';
import type { ConfigInput } from './schema/config.ts';

type FullListenerInput = ConfigInput['listeners'][string];
type FullServiceInput = NonNullable<ConfigInput['services']>[string];
type FullRouteInput = NonNullable<ConfigInput['routes']>[number];
type FullRunInput = NonNullable<FullServiceInput['run']>;
type FullReadyInput = Exclude<NonNullable<FullRunInput['ready']>, string>;
type FullKubernetesInput = NonNullable<FullRunInput['kubernetes']>;
type FullReplicasInput = Exclude<NonNullable<FullServiceInput['replicas']>, number>;
type FullPolicyInput = NonNullable<FullReplicasInput['scale']>[number];
type FullStepsInput = Extract<FullPolicyInput, { steps: unknown }>;
type FullHealthInput = Exclude<FullServiceInput['health'], false | undefined>;

/** Exactly one of some keys of an object. */
type OneOf<Base, Keys extends keyof Base> = {
  [Key in Keys]-?: Omit<Base, Keys> & { readonly [Given in Key]: NonNullable<Base[Given]> } & {
    readonly [Other in Exclude<Keys, Key>]?: never;
  };
}[Keys];

/** Health checks: one kind of probe. */
export type HealthInput = OneOf<FullHealthInput, 'http' | 'tcp' | 'grpc' | 'command'>;

/** A listener: one address, under the word for what is spoken there. */
export type ListenerInput<Service extends string = string> =
  | (OneOf<Omit<FullListenerInput, 'to' | 'tls' | 'tcp' | 'udp' | 'forwardProxy'>, 'http' | 'https'> & {
      readonly tls?: FullListenerInput['tls'];
    })
  | (OneOf<Omit<FullListenerInput, 'to' | 'tls' | 'http' | 'https' | 'forwardProxy'>, 'tcp' | 'udp'> & {
      readonly tls?: FullListenerInput['tls'];
      readonly to: StreamTarget<Service>;
    })
  | (Omit<FullListenerInput, 'to' | 'tls' | Address> & { readonly tls?: FullListenerInput['tls']; readonly to?: never } & OneOf<
        Pick<FullListenerInput, Address>,
        'forwardProxy'
      > &
      Without<Exclude<Address, 'forwardProxy'>>)
  | (Omit<FullListenerInput, 'to' | 'tls' | Address> & {
      readonly tls: string;
      readonly to: StreamTarget<Service>;
      readonly http?: never;
      readonly https?: never;
      readonly tcp?: never;
      readonly udp?: never;
      readonly forwardProxy?: never;
    });

type Address = 'http' | 'https' | 'tcp' | 'udp' | 'forwardProxy';

/** Where a layer 4 listener sends to. */
export type StreamTarget<Service extends string> =
  | Target<Service>
  | { readonly serverNames: { readonly [Name in string]: Target<Service> } };

/** Keys that must not be there. */
type Without<Keys extends string> = { readonly [Key in Keys]?: never };

/** Settings of one kind of instance. */
type ProcessKeys = 'cwd' | 'env' | 'user' | 'socket' | 'host' | 'logs';

/** What is run: processes, containers, pods or machines, and their life. */
export type RunInput = OneOf<
  Omit<FullRunInput, ProcessKeys | 'resources' | 'ready' | 'kubernetes'> & { readonly kubernetes?: KubernetesInput },
  'command' | 'container' | 'kubernetes' | 'autoScalingGroup'
> & { readonly ready?: string | OneOf<FullReadyInput, 'http' | 'tcp' | 'none'> | (Omit<FullReadyInput, Probe> & Without<Probe>) } & (
    | ({ readonly command: unknown } & Pick<FullRunInput, ProcessKeys | 'resources'>)
    | ({ readonly container: unknown } & Pick<FullRunInput, 'resources'> & Without<ProcessKeys>)
    | ({ readonly command?: never; readonly container?: never } & Without<ProcessKeys | 'resources'>)
  );

type Probe = 'http' | 'tcp' | 'none';
type KubernetesInput = OneOf<FullKubernetesInput, 'deployment' | 'statefulSet'>;

type FullStepInput = FullStepsInput['steps'][number];
type StepInput = OneOf<Pick<FullStepInput, 'above' | 'below'>, 'above' | 'below'> &
  OneOf<Pick<FullStepInput, 'add' | 'remove'>, 'add' | 'remove'>;

/** A scaling policy: one kind of answer to how many instances there should be. */
export type ScalePolicyInput =
  | (Extract<FullPolicyInput, { panic?: unknown; target: unknown }> & Without<'steps' | 'schedule' | 'at' | 'predict'>)
  | (Omit<FullStepsInput, 'steps'> & { readonly steps: readonly StepInput[] } & Without<'target' | 'schedule' | 'at' | 'predict'>)
  | (Extract<FullPolicyInput, { schedule: unknown }> & Without<'signal' | 'at' | 'predict'>)
  | (Extract<FullPolicyInput, { at: unknown }> & Without<'signal' | 'schedule' | 'predict'>)
  | (Extract<FullPolicyInput, { predict: unknown }> & Without<'signal' | 'schedule' | 'at'>);

/** How many instances: a number, or bounds and policies. */
export type ReplicasInput = number | (Omit<FullReplicasInput, 'scale'> & { readonly scale?: readonly ScalePolicyInput[] });

type FullServiceParts = Omit<FullServiceInput, 'health' | 'run' | 'replicas'> & {
  readonly health?: HealthInput | false | undefined;
  readonly run?: RunInput;
};

/** A service: endpoints that run already, or instances that Sluice runs. */
export type ServiceInput =
  | (OneOf<Omit<FullServiceParts, 'deploy' | 'run'>, 'endpoints'> & Without<'run' | 'replicas' | 'deploy'>)
  | (OneOf<Omit<FullServiceParts, 'endpoints'>, 'run'> & Without<'endpoints'> & { readonly replicas?: ReplicasInput });

/** Where a route sends to: a service, or services with weights. */
export type Target<Service extends string> = [Service] extends [never] ? never : Service | { readonly [Name in Service]?: number };

/** A route: one action, and only names that exist. */
export type RouteInput<Service extends string = string, Listener extends string = string> = (
  | (OneOf<RouteParts<Service>, Action> & { readonly filters?: readonly FilterInput[] })
  | (Omit<RouteParts<Service>, Action> & Without<Action> & { readonly filters: AnsweringFilters })
) & { readonly listeners?: Listener | readonly Listener[] };

type Action = 'to' | 'redirect' | 'respond';
type RouteParts<Service extends string> = Omit<FullRouteInput, 'to' | 'listeners' | 'filters'> & { readonly to?: Target<Service> };

/** The one that answers is the first or the last, as it is usually written; elsewhere only validation sees it. */
type AnsweringFilters = readonly [...FilterInput[], AnsweringFilter] | readonly [AnsweringFilter, ...FilterInput[]];

/** A configuration whose services and listeners have these names. */
export type Config<Service extends string = string, Listener extends string = string> = Omit<
  ConfigInput,
  'listeners' | 'services' | 'routes' | 'filters'
> & {
  readonly filters?: readonly FilterInput[];
  readonly listeners: { readonly [Name in Listener]: ListenerInput<NoInfer<Service>> };
  readonly services?: { readonly [Name in Service]: ServiceInput };
  readonly routes?: readonly RouteInput<NoInfer<Service>, NoInfer<Listener>>[];
};

/**
 * Gives a configuration its types; returns it as it is. What types cannot see (ranges, durations, addresses) is validated when it is loaded.
 * @example
 * export default defineConfig({
 *   listeners: { web: { http: ':8080' } },
 *   services: { users: { endpoints: ['127.0.0.1:3001'], health: { http: '/healthz' } } },
 *   routes: [{ path: '/*', to: 'users' }],
 * });
 */
export function defineConfig<const Service extends string = never, const Listener extends string = never>(
  config: Config<Service, Listener>,
): Config<Service, Listener> {
  return config;
}
