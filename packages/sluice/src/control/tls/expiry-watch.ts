/**
 * A look once a day at the certificates that are served: those that will end soon, or have ended, are told of, and those that are made here are made anew. What is
 * wrong with them when they are loaded is told then.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { Plan } from '../../config/plan.ts';
import type { CertificatePlan } from '../../config/tls-plan.ts';
import type { SayEvent } from '../say-event.ts';

const DAY_MS = 86_400_000;
/** Who renews by hand needs some days; who lets a program do it has done so long before. */
const SOON_MS = 14 * DAY_MS;

export interface ExpiryWatchOptions {
  readonly runtime: Runtime;
  readonly say: SayEvent;
  /** Reads certificates again: development ones are renewed by that. */
  readonly reread: () => void;
}

export class ExpiryWatch {
  readonly #options: ExpiryWatchOptions;
  #plan: Plan | null = null;
  #cancel: Cancel | null = null;

  constructor(options: ExpiryWatchOptions) {
    this.#options = options;
  }

  apply(plan: Plan): void {
    this.#plan = plan;
  }

  start(): void {
    this.#cancel ??= this.#options.runtime.timers.every(DAY_MS, () => this.#look());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #look(): void {
    let isOurs = false;
    for (const listener of this.#plan?.listeners ?? []) {
      if (listener.kind === 'datagram' || listener.tls === null) continue;
      for (const certificate of listener.tls.certificates) {
        if (!this.#isEnding(certificate)) continue;
        this.#tell(listener.name, certificate);
        if (certificate.source.kind === 'dev') isOurs = true;
      }
    }
    if (isOurs) this.#options.reread();
  }

  #isEnding({ material }: CertificatePlan): boolean {
    return material !== null && material.notAfter - this.#options.runtime.clock.wall() < SOON_MS;
  }

  #tell(listener: string, { names, material, source }: CertificatePlan): void {
    const leftMs = material!.notAfter - this.#options.runtime.clock.wall();
    const detail = { listener, names: names.join(' '), source: source.kind, notAfter: new Date(material!.notAfter).toISOString() };
    if (leftMs < 0) this.#options.say('error', 'certificate-expired', detail);
    else this.#options.say('warn', 'certificate-expires', { ...detail, days: Math.floor(leftMs / DAY_MS) });
  }
}
