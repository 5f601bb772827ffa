/**
 * A running gateway from start to end, whatever command started it: the first plan, the admin API, reloads, the fleet, signals and the way
 * out. SIGTERM finishes what is in flight; a second one ends at once. A fault of the control plane is told and does not stop the data plane.
 */
import { resolve } from 'node:path';
import type { ReloadResult } from '../admin/backend.ts';
import { describeFleetChange } from '../config/fleet-diff.ts';
import type { SayEvent } from '../control/say-event.ts';
import { FileSetWatch } from '../io/file-set-watch.ts';
import { type FileWatch, watchFile } from '../io/file-watch.ts';
import { trimHeap, trimHeapWhenQuiet } from '../io/minor-gc.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import { handleSignals } from '../io/signals.ts';
import { adminBackend } from './admin-backend.ts';
import { AdminListener } from './admin-listener.ts';
import { printBanner } from './banner.ts';
import type { ConfigSource } from './config-source.ts';
import { ObservePlane } from './observe-plane.ts';
import { CommandFault, EXIT_FAILED, EXIT_USAGE, printEvent } from './console.ts';
import { buildControlPlane, type ControlPlane } from './control-plane.ts';
import { ReloadLine, type Wish } from './reload-line.ts';
import { readVersion } from './version.ts';

export interface ProgramOptions {
  readonly source: ConfigSource;
  /** Whether a program that cannot be started at all leaves nothing to run for. */
  readonly needsInstances?: boolean;
  /** Whether the admin API is only there by default: then it may be missing when its address is taken. */
  readonly isAdminOptional: boolean;
  /** Whether a SIGHUP can bring another configuration. */
  readonly isReloadable: boolean;
  /** The file to watch: always, or where the configuration says `watch`. */
  readonly watch?: { readonly path: string; readonly isAlways: boolean } | null;
}

const EXIT_GRACE_MS = 2_000;

export class Program {
  readonly #options: ProgramOptions;
  readonly #observe = new ObservePlane((event, format) => {
    // The fault that ends the program says it, once.
    if (!(this.#isHopeless && event.what === 'instance-unstartable')) printEvent(event, format);
  });
  readonly #say: SayEvent = this.#observe.events.say;
  readonly #plane: ControlPlane;
  readonly #admin: AdminListener;
  readonly #version = readVersion();
  /** Everything runs: who waits for less would stop what is still starting. */
  readonly #opened = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<number>();
  readonly #reloads = { applied: 0, refused: 0 };
  readonly #line = new ReloadLine((wish, by) => this.#reload(wish, by));
  readonly #watch: FileWatch | null;
  /** Certificates and keys: always. */
  readonly #files: FileSetWatch;
  #isForced = false;
  /** There will be no instance, and nothing to run for. */
  #isHopeless = false;
  #phase: 'starting' | 'ready' | 'draining' = 'starting';

  constructor(options: ProgramOptions) {
    this.#options = options;
    this.#plane = buildControlPlane({
      source: options.source,
      say: this.#say,
      observe: this.#observe,
      reread: () => void this.#line.request('files', 'certificates'),
      refresh: () => this.#refresh(),
      unstartable: (_service, reason) => {
        if (options.needsInstances !== true) return;
        this.#isHopeless = true;
        void this.#leave(this.#giveUp(reason));
      },
    });
    if (options.needsInstances === true) this.#plane.fleet.expect();
    const backend = adminBackend(this.#plane, this.#observe, {
      version: this.#version,
      startedAtMs: nodeRuntime.clock.wall(),
      phase: () => this.#phase,
      reload: (by) => this.reload(by),
      bringBack: (plan, by) => this.#line.request(plan, by),
      reloads: () => this.#reloads,
    });
    this.#admin = new AdminListener(backend, this.#say);
    // Before the first load, so that no change falls between the two.
    this.#watch = this.#fileWatch();
    this.#files = new FileSetWatch({
      changed: () => void this.#line.request('files', 'file'),
      failed: (file, error) => this.#say('warn', 'watch-failed', { file, reason: error.message }),
    });
  }

  /**
   * Starts, and runs until it is told to stop.
   * @returns The exit code.
   * @throws {CommandFault} when it cannot start.
   */
  async run(): Promise<number> {
    this.#plane.prepare();
    const first = await this.#plane.applier.reload();
    if (!first.ok) await this.#refuse(first.faults, first.isMisconfigured ? EXIT_USAGE : EXIT_FAILED);
    if (this.#plane.settings().fleet.directory !== null) await this.#refuseDirectory();
    // Who reads our output may leave (`| head`); we stay.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
    process.on('uncaughtException', (error) => this.#say('error', 'internal-error', { reason: error.stack ?? error.message }));
    this.#observe.applied(this.#plane.settings(), 'start');
    await this.#openAdmin();
    this.#plane.limits.start();
    this.#plane.tickets.start();
    this.#plane.expiry.start();
    this.#plane.fleet.open();
    const stopSignals = handleSignals({
      stop: (signal) => void this.#leave(this.#stop(signal)),
      stopNow: (signal) => void this.#leave(this.#stopNow(signal)),
      reload: this.#options.isReloadable ? () => void this.reload('signal') : null,
      reopenLog: () => {
        this.#plane.supervisor.reopenLog();
        this.#admin.reopenLog();
      },
    });
    if (this.#options.watch?.isAlways === true || this.#plane.settings().watch) this.#watch?.start();
    this.#files.follow(this.#plane.files());
    this.#phase = 'ready';
    printBanner({
      version: this.#version,
      plan: this.#plane.applier.running?.plan ?? null,
      fleet: this.#plane.settings().fleet,
      admin: this.#admin.address,
      source: this.#options.source.name,
    });
    if (this.#plane.settings().fleet.services.length > 0) trimHeapWhenQuiet();
    else trimHeap();
    this.#opened.resolve();
    const code = await this.#ended.promise;
    stopSignals();
    // Whatever still holds the event loop must not hold whoever waits for our end.
    setTimeout(() => process.exit(code), EXIT_GRACE_MS).unref();
    return code;
  }

  /** Reads the configuration again and applies what differs; tells how it went. */
  reload(by: string): Promise<ReloadResult> {
    return this.#line.request('all', by);
  }

  /** Applies what differs in the configuration that is wished for, and in the files that it names. */
  async #reload(wish: Wish, by: string): Promise<ReloadResult> {
    if (wish === 'all') this.#plane.readAll();
    else if (wish !== 'files') this.#plane.bringBack(wish);
    const before = this.#plane.settings().fleet;
    const applied = await this.#plane.applier.reload();
    if (!applied.ok) {
      this.#reloads.refused++;
      for (const fault of applied.faults) this.#say('error', 'reload-refused', { fault, by });
      return applied;
    }
    this.#reloads.applied++;
    const result = { ...applied, changes: [...applied.changes, ...describeFleetChange(before, this.#plane.settings().fleet)] };
    this.#files.follow(this.#plane.files());
    this.#observe.applied(this.#plane.settings(), by);
    const { generation, changes, tookMs } = result;
    this.#say('info', 'reloaded', { generation, by, changes: changes.join('; ') || 'none', tookMs });
    await this.#followAdmin().catch((error: Error) => this.#say('error', 'admin-unchanged', { reason: error.message }));
    return result;
  }

  /** The fleet has other instances ready. */
  async #refresh(): Promise<void> {
    const result = await this.#plane.applier.refresh();
    if (!result.ok && this.#phase !== 'draining') this.#say('error', 'apply-failed', { reason: result.faults.join('; ') });
  }

  #fileWatch(): FileWatch | null {
    const { watch } = this.#options;
    if (!watch) return null;
    const failed = (error: Error): void => this.#say('warn', 'watch-failed', { file: watch.path, reason: error.message });
    return watchFile(resolve(watch.path), () => void this.reload('file'), failed);
  }

  #followAdmin(): Promise<void> {
    return this.#admin.follow(this.#plane.applier.running?.plan.admin ?? null, this.#plane.settings().observe.admin);
  }

  async #openAdmin(): Promise<void> {
    try {
      await this.#followAdmin();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#options.isAdminOptional)
        await this.#refuse([`${reason}; choose another address with --admin, or turn it off with --admin off`], EXIT_FAILED);
      this.#say('warn', 'admin-off', { reason, remedy: '--admin ADDRESS chooses another address' });
    }
  }

  /** A directory that another Sluice has stays its own: nothing could be started, however long we ran. */
  async #refuseDirectory(): Promise<void> {
    const fault = await this.#plane.fleet.directoryFault();
    if (fault !== null) await this.#refuse([`no instance can be started: ${fault}`], EXIT_FAILED);
  }

  /** Takes back what was started, and throws. */
  async #refuse(faults: readonly string[], exitCode: number): Promise<never> {
    await this.#plane.fleet.end();
    await this.#close();
    throw new CommandFault(faults, exitCode);
  }

  /** Whatever fails on the way out, the end comes: what is left of instances is killed with it. */
  async #leave(way: Promise<void>): Promise<void> {
    try {
      await way;
    } catch (error) {
      this.#say('error', 'internal-error', { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      this.#ended.resolve(EXIT_FAILED);
    }
  }

  async #stop(signal: string): Promise<void> {
    this.#phase = 'draining';
    const deadlineMs = this.#plane.applier.running?.plan.drainTimeoutMs ?? 0;
    this.#say('info', 'stopping', { signal, deadlineMs });
    // Before changes end: an order that cannot show its proofs any more has not failed.
    void this.#plane.certificates[Symbol.asyncDispose]();
    const until = nodeRuntime.clock.now() + deadlineMs;
    await this.#plane.fleet.quiesce(deadlineMs);
    await this.#plane.applier.close();
    const { supervisor, kernel } = this.#plane;
    const leftMs = Math.max(0, until - nodeRuntime.clock.now());
    const [cut, left] = await Promise.all([supervisor.drain(leftMs), kernel.drain(leftMs)]);
    await this.#plane.fleet.stop();
    await this.#close();
    this.#say('info', 'stopped', { cut: cut + left });
    this.#ended.resolve(this.#isForced ? EXIT_FAILED : 0);
  }

  async #stopNow(signal: string): Promise<void> {
    this.#isForced = true;
    this.#say('warn', 'stopping-now', { signal });
    this.#plane.fleet.kill();
    await this.#close();
    this.#ended.resolve(EXIT_FAILED);
  }

  /** No instance will ever come: nothing to run for. */
  async #giveUp(reason: string): Promise<void> {
    await this.#opened.promise;
    if (this.#phase === 'draining') return;
    this.#phase = 'draining';
    await this.#plane.fleet.end();
    await this.#close();
    this.#ended.reject(new CommandFault([`no instance can be started: ${reason}`], EXIT_FAILED));
  }

  async #close(): Promise<void> {
    const { applier, supervisor, kernel, departures, limits, health, tickets, expiry, certificates, fleet } = this.#plane;
    this.#watch?.stop();
    this.#files.stop();
    this.#options.source.close();
    // A change that runs ends with the workers; only then is nobody left who could wake the loops again.
    await Promise.all([applier.close(), supervisor.close(), this.#admin.close(), certificates[Symbol.asyncDispose]()]);
    await Promise.all([kernel[Symbol.asyncDispose](), fleet[Symbol.asyncDispose](), this.#plane.closeMemories()]);
    departures.stop();
    tickets.stop();
    expiry.stop();
    await Promise.all([limits[Symbol.asyncDispose](), health[Symbol.asyncDispose](), this.#observe[Symbol.asyncDispose]()]);
  }
}
