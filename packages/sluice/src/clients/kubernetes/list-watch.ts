/**
 * A set of objects kept as the API server has it: listed once, then watched from the list's resourceVersion on (Kubernetes API Concepts, "Efficient
 * detection of changes"). Bookmarks move the version on; a watch that ends is taken up where it was; 410 Gone means list again. Failures are
 * retried with backoff and jitter, and what is known stays known meanwhile.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import { exponentialMs } from '../../base/exponential.ts';
import type { ApiServer } from './api-server.ts';
import { KubernetesFault } from './kubernetes-fault.ts';
import { objectName, type KubernetesObject, type ObjectList, type WatchEvent } from './resources.ts';

export interface ListWatchOptions<Kind extends KubernetesObject> {
  readonly api: Pick<ApiServer, 'request' | 'watch'>;
  readonly runtime: Runtime;
  /** Collection, from the root. */
  readonly path: string;
  /** `labelSelector=app%3Dusers`, or ''. */
  readonly query: string;
  /** There is another set of objects, or the same one and the server answers again. */
  readonly changed: (objects: ReadonlyMap<string, Kind>) => void;
  readonly failed: (fault: KubernetesFault) => void;
}

const PAGE = 500;
/** The server ends a watch after that; spread, so that not all watches of a cluster come back at once. */
const WATCH_SECONDS = 270;
const WATCH_SHORT_MS = 1_000;
const BACKOFF_BASE_MS = 500;
const BACKOFF_MAX_MS = 30_000;

export class ListWatch<Kind extends KubernetesObject> implements Disposable {
  readonly #options: ListWatchOptions<Kind>;
  readonly #closing = new AbortController();
  readonly #objects = new Map<string, Kind>();
  /** Null: to be listed. */
  #version: string | null = null;
  #failures = 0;
  /** The server accepted the watch that runs now. */
  #isOpen = false;
  #wake: Cancel | null = null;

  constructor(options: ListWatchOptions<Kind>) {
    this.#options = options;
  }

  /** Begins, and goes on until disposed. */
  start(): void {
    void this.#run();
  }

  [Symbol.dispose](): void {
    this.#closing.abort(new KubernetesFault('away', 'closed'));
    this.#wake?.();
  }

  async #run(): Promise<void> {
    const { clock } = this.#options.runtime;
    this.#isOpen = false;
    try {
      if (this.#version === null) await this.#list();
      const begun = clock.now();
      await this.#watch();
      // One that the server ends at once, again and again, waits like one that fails.
      this.#failures = clock.now() - begun < WATCH_SHORT_MS ? this.#failures + 1 : 0;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      const fault = error instanceof KubernetesFault ? error : new KubernetesFault('away', String(error), { cause: error });
      if (fault.kind !== 'away') this.#version = null;
      this.#failures++;
      // A watch that breaks is an everyday thing; if the server is away, the next try says so.
      if (fault.kind !== 'gone' && !(fault.kind === 'away' && this.#isOpen)) this.#options.failed(fault);
    }
    this.#again();
  }

  #again(): void {
    if (this.#closing.signal.aborted) return;
    const { timers, random } = this.#options.runtime;
    const delayMs = this.#failures === 0 ? 0 : exponentialMs(this.#failures, BACKOFF_BASE_MS, BACKOFF_MAX_MS);
    this.#wake = timers.after(delayMs * (1 - 0.5 * random()), () => void this.#run());
  }

  async #list(): Promise<void> {
    const { api, path, query } = this.#options;
    const found: Kind[] = [];
    let next = '';
    let version: string;
    do {
      const list = (await api.request({ method: 'GET', path: `${path}?${join(query, `limit=${PAGE}`, next)}` })) as ObjectList<Kind>;
      found.push(...list.items);
      version = list.metadata.resourceVersion;
      next = list.metadata.continue ? `continue=${encodeURIComponent(list.metadata.continue)}` : '';
    } while (next !== '');
    this.#objects.clear();
    for (const object of found) this.#objects.set(objectName(object), object);
    this.#version = version;
    this.#tell();
  }

  async #watch(): Promise<void> {
    const { api, path, query, runtime } = this.#options;
    const seconds = Math.round(WATCH_SECONDS * (1 + 0.2 * runtime.random()));
    const rest = `watch=true&allowWatchBookmarks=true&timeoutSeconds=${seconds}&resourceVersion=${encodeURIComponent(this.#version!)}`;
    const isFailing = this.#failures > 0;
    const opened = (): void => {
      this.#isOpen = true;
      if (isFailing) this.#tell();
    };
    await api.watch(
      `${path}?${join(query, rest)}`,
      { opened, event: (value) => this.#take(value as WatchEvent<Kind>) },
      this.#closing.signal,
    );
  }

  #take(event: WatchEvent<Kind>): void {
    if (event.type === 'ERROR') {
      const { code = 500, message = 'the watch failed' } = event.object;
      throw new KubernetesFault(code === 410 ? 'gone' : 'away', message);
    }
    this.#failures = 0;
    this.#version = event.object.metadata.resourceVersion ?? this.#version;
    if (event.type === 'BOOKMARK') return;
    if (event.type === 'DELETED') this.#objects.delete(objectName(event.object));
    else this.#objects.set(objectName(event.object), event.object);
    this.#tell();
  }

  #tell(): void {
    this.#options.changed(this.#objects);
  }
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('&');
}
