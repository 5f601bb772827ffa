/** The container of one instance as engines are asked for it: names, labels, environment, ports and bounds. Pure. */
import { createHash } from 'node:crypto';
import type { EngineTraits } from '../../clients/container-engine/container-engine.ts';
import type { ContainerState } from '../../clients/container-engine/container-state.ts';
import type { ContainerRunPlan, ResourcesPlan } from '../../config/fleet-plan.ts';
import type { AddressPlan } from '../../config/plan.ts';
import type { StartOrder } from './runner.ts';

/** Labels by which Sluice knows its own. */
export const LABELS = {
  owner: 'sluice.owner',
  service: 'sluice.service',
  instance: 'sluice.instance',
  version: 'sluice.version',
  /** How it is reached: `published`, `address` or `host`, and the port, so that a later life needs no plan to know. */
  reach: 'sluice.reach',
  port: 'sluice.port',
} as const;

export interface ContainerOrder {
  readonly order: StartOrder;
  readonly run: ContainerRunPlan;
  readonly owner: string;
  /** Where it listens, inside. With the host's network this is a port of the host. */
  readonly port: number;
  readonly keepAliveMs: number;
  readonly traits: EngineTraits;
  readonly hasInit: boolean;
}

/** A file of so much per container, and so many old ones, is what engines keep of its output. */
const LOG_SIZE = '10m';
const LOG_FILES = '3';
/** Letters that names of containers may have. */
const NAME_FOREIGN = /[^a-zA-Z0-9_.-]/g;

/**
 * Which Sluice a container belongs to: two with different places never touch each other's.
 * @param place The directory of the instances, or the configuration file.
 */
export function ownerOf(place: string): string {
  return createHash('sha256').update(place).digest('hex').slice(0, 12);
}

/** `sluice-users-3-1f0a9c0b5d21`: the same for the same instance, so that an engine itself refuses to have two of it. */
export function containerName(id: string, owner: string): string {
  const readable = id.replace(NAME_FOREIGN, '_');
  const isExact = readable === id && !id.includes('_');
  const tag = isExact ? '' : `${createHash('sha256').update(id).digest('hex').slice(0, 8)}-`;
  return `sluice-${readable.replace(/\.(\d+)$/, '-$1')}-${tag}${owner}`;
}

export function isOnHost(run: ContainerRunPlan): boolean {
  return run.network === 'host';
}

/** Body of `POST /containers/create`. Holds the environment: never to be logged. */
export function containerSpec(container: ContainerOrder): object {
  const { run, port } = container;
  const exposed = isOnHost(run) ? {} : { ExposedPorts: { [`${port}/tcp`]: {} } };
  return {
    Image: run.image,
    ...(run.command === null ? {} : { Cmd: run.command }),
    ...(run.user === null ? {} : { User: run.user }),
    Env: Object.entries(environmentOf(container)).map(([name, value]) => `${name}=${value}`),
    Labels: labelsOf(container),
    ...exposed,
    HostConfig: hostConfig(container),
  };
}

function hostConfig({ run, port, traits, hasInit }: ContainerOrder): object {
  const isPublished = !isOnHost(run) && run.reach === 'published';
  return {
    ...(run.network === null ? {} : { NetworkMode: run.network }),
    // No port: the engine chooses a free one.
    ...(isPublished ? { PortBindings: { [`${port}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: '' }] } } : {}),
    // Sluice starts it again, not the engine.
    RestartPolicy: { Name: 'no' },
    Ulimits: Object.entries(run.ulimits).map(([Name, limit]) => ({ Name, Soft: limit, Hard: limit })),
    LogConfig:
      traits.name === 'podman'
        ? { Type: 'k8s-file', Config: { 'max-size': LOG_SIZE } }
        : { Type: 'json-file', Config: { 'max-size': LOG_SIZE, 'max-file': LOG_FILES } },
    ...(hasInit ? { Init: true } : {}),
    ...boundsOf(run.resources),
  };
}

/** Without swap: else a container over its bound would crawl instead of being ended. */
function boundsOf({ cpu, memoryBytes }: ResourcesPlan): object {
  return {
    ...(cpu === null ? {} : { NanoCpus: Math.round(cpu * 1e9) }),
    ...(memoryBytes === null ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
  };
}

/** Body of `POST /containers/{id}/update`. Engines take zeros for "as it is": what has no bound any more gets the machine. */
export function changedBounds({ cpu, memoryBytes }: ResourcesPlan, { cores, memoryBytes: all }: EngineTraits): object {
  const memory = memoryBytes ?? all;
  return { NanoCpus: Math.round((cpu ?? cores) * 1e9), Memory: memory, MemorySwap: memory };
}

function labelsOf({ order, run, owner, port }: ContainerOrder): Readonly<Record<string, string>> {
  return {
    ...run.labels,
    [LABELS.owner]: owner,
    [LABELS.service]: order.service,
    [LABELS.instance]: order.id,
    [LABELS.version]: order.version,
    [LABELS.reach]: isOnHost(run) ? 'host' : run.reach,
    [LABELS.port]: String(port),
  };
}

function environmentOf({ order, run, port, keepAliveMs }: ContainerOrder): Readonly<Record<string, string>> {
  return {
    ...run.env,
    PORT: String(port),
    // On the host's network, "all addresses" would be those of the machine.
    HOST: isOnHost(run) ? '127.0.0.1' : '0.0.0.0',
    SLUICE_INSTANCE: order.id,
    SLUICE_SERVICE: order.service,
    SLUICE_VERSION: order.version,
    SLUICE_KEEP_ALIVE_MS: String(keepAliveMs),
  };
}

/** Where a container of ours takes requests; null while, or because, it has no such address. */
export function targetOf({ labels, published, address }: ContainerState): AddressPlan | null {
  const port = Number(labels[LABELS.port]);
  switch (labels[LABELS.reach]) {
    case 'host':
      return { kind: 'tcp', host: '127.0.0.1', port };
    case 'published': {
      const found = published.get(`${port}/tcp`);
      return found === undefined ? null : { kind: 'tcp', host: '127.0.0.1', port: found };
    }
    default:
      return address === null ? null : { kind: 'tcp', host: address, port };
  }
}
