/** A container engine, Docker or Podman, by what Sluice asks of it: one method per call of the API. */
import type { Readable } from 'node:stream';
import { parseContainerState, type ContainerState } from './container-state.ts';
import { parseContainerUsage, type ContainerUsage } from './container-usage.ts';
import { EngineConnection, type EngineCall } from './engine-connection.ts';
import { EngineFault } from './engine-fault.ts';
import { pullImage } from './image-pull.ts';

/** What was found out about an engine once. */
export interface EngineTraits {
  readonly name: 'docker' | 'podman';
  readonly version: string;
  /** Of the machine that it runs on. */
  readonly cores: number;
  readonly memoryBytes: number;
}

interface Version {
  readonly Version?: string;
  readonly Components?: readonly { readonly Name?: string; readonly Version?: string }[] | null;
}

/** Creating and starting includes the engine's own work on disks and networks. */
const SLOW_MS = 60_000;

export class ContainerEngine {
  readonly #connection: EngineConnection;

  constructor(socket: string) {
    this.#connection = new EngineConnection(socket);
  }

  get socket(): string {
    return this.#connection.socket;
  }

  async traits(): Promise<EngineTraits> {
    const { Version: own = '?', Components } = (await this.#get('/version')) as Version;
    const { NCPU = 1, MemTotal = 0 } = (await this.#get('/info')) as { readonly NCPU?: number; readonly MemTotal?: number };
    const podman = Components?.find(({ Name }) => Name === 'Podman Engine');
    const name = podman === undefined ? 'docker' : 'podman';
    return { name, version: podman?.Version ?? own, cores: NCPU, memoryBytes: MemTotal };
  }

  async hasImage(image: string): Promise<boolean> {
    return (await orMissing(this.#get(`/images/${image}/json`))) !== null;
  }

  pull(image: string): Promise<void> {
    return pullImage(this.#connection, image);
  }

  /** @returns The id. */
  async create(name: string, spec: object): Promise<string> {
    const call = { method: 'POST', path: '/containers/create', query: { name }, body: spec, deadlineMs: SLOW_MS } as const;
    const { Id } = (await this.#connection.call(call)) as { readonly Id: string };
    return Id;
  }

  async start(id: string): Promise<void> {
    await this.#connection.call({ method: 'POST', path: `/containers/${id}/start`, deadlineMs: SLOW_MS });
  }

  /** @param id Or name. @returns Null when there is none. */
  async inspect(id: string): Promise<ContainerState | null> {
    const answer = await orMissing(this.#get(`/containers/${id}/json`));
    return answer === null ? null : parseContainerState(answer);
  }

  /** Ids of all that have these labels, `name=value`, whatever their state. */
  async list(labels: readonly string[]): Promise<readonly string[]> {
    const found = (await this.#get('/containers/json', { all: true, filters: JSON.stringify({ label: labels }) })) as {
      readonly Id: string;
    }[];
    return found.map(({ Id }) => Id);
  }

  /** Harmless for one that has ended. */
  async kill(id: string, signal: string): Promise<void> {
    await orGone(this.#connection.call({ method: 'POST', path: `/containers/${id}/kill`, query: { signal } }));
  }

  /** Its own signal, and SIGKILL after so long. */
  async stop(id: string, seconds: number): Promise<void> {
    const deadlineMs = SLOW_MS + seconds * 1_000;
    await orGone(this.#connection.call({ method: 'POST', path: `/containers/${id}/stop`, query: { t: seconds }, deadlineMs }));
  }

  /** With its anonymous volumes, running or not. */
  async remove(id: string): Promise<void> {
    const query = { force: true, v: true };
    await orGone(this.#connection.call({ method: 'DELETE', path: `/containers/${id}`, query, deadlineMs: SLOW_MS }));
  }

  /** @param resources Fields of `HostConfig`. */
  async update(id: string, resources: object): Promise<void> {
    await this.#connection.call({ method: 'POST', path: `/containers/${id}/update`, body: resources });
  }

  async usage(id: string): Promise<ContainerUsage | null> {
    const answer = await orMissing(this.#get(`/containers/${id}/stats`, { stream: false, 'one-shot': true }));
    return answer === null ? null : parseContainerUsage(answer);
  }

  /** JSON lines; the head comes at once. */
  events(label: string, signal: AbortSignal): Promise<Readable> {
    const filters = JSON.stringify({ type: ['container'], label: [label] });
    return this.#connection.stream({ method: 'GET', path: '/events', query: { filters } }, signal);
  }

  /** Frames (`log-frames.ts`), each line after its time, from `since` (Unix seconds, with fraction) until it ends. */
  logs(id: string, since: string, signal: AbortSignal): Promise<Readable> {
    const query = { stdout: true, stderr: true, follow: true, timestamps: true, since };
    return this.#connection.stream({ method: 'GET', path: `/containers/${id}/logs`, query }, signal);
  }

  #get(path: string, query: EngineCall['query'] = {}): Promise<unknown> {
    return this.#connection.call({ method: 'GET', path, query });
  }
}

async function orMissing(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof EngineFault && error.kind === 'missing') return null;
    throw error;
  }
}

/** Podman says with a status of 500 what Docker says with 409. */
const NOT_RUNNING = /container state improper|is not running/i;

/** What is gone, or going, needs no more. */
async function orGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof EngineFault)) throw error;
    if (error.kind !== 'missing' && error.kind !== 'conflict' && !NOT_RUNNING.test(error.message)) throw error;
  }
}
