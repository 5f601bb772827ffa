/**
 * All that certificates need while a gateway runs, following the plan: orders and renewals by ACME, and OCSP answers to staple. What does the work is loaded when a
 * plan wants it: a gateway without ACME and without stapling loads nothing.
 */
import type { Runtime } from '../../base/runtime.ts';
import type { AcmeSettings } from '../../config/compile.ts';
import { isSame } from '../../config/diff.ts';
import { type AcmeChallengesPlan, NO_CHALLENGES, type Plan } from '../../config/plan.ts';
import type { CertificatePlan } from '../../config/tls-plan.ts';
import type { CertificateExtras } from '../apply/certificate-overlay.ts';
import type { SayEvent } from '../say-event.ts';
import type { IssuingProcess } from './issuing-process.ts';
import type { CertificateStatus, RenewalLoop } from './renewal-loop.ts';
import type { StapledCertificate, StapleLoop } from './staple-loop.ts';

export interface CertificateKeeperOptions {
  readonly runtime: Runtime;
  readonly say: SayEvent;
  /** Brings challenges and staples to the workers. @returns What went wrong; empty when all know. */
  readonly refresh: () => Promise<readonly string[]>;
  /** There is another certificate in the store. */
  readonly reread: () => void;
}

/** The account and what it orders. */
interface Orders {
  readonly settings: AcmeSettings;
  readonly issuer: IssuingProcess;
  readonly loop: RenewalLoop;
}

/** What a plan wants of us. */
interface Wanted {
  readonly acme: AcmeSettings | null;
  readonly names: readonly (readonly string[])[];
  readonly staples: readonly StapledCertificate[];
}

export class CertificateKeeper implements CertificateExtras {
  readonly #options: CertificateKeeperOptions;
  #challenges: AcmeChallengesPlan = NO_CHALLENGES;
  #orders: Orders | null = null;
  #staples: StapleLoop | null = null;
  #wanted: Wanted | null = null;
  #working: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  /** Names that were told to be waited for. */
  #told = new Set<string>();
  #issued = 0;
  #failed = 0;

  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
  }

  get challenges(): AcmeChallengesPlan {
    return this.#challenges;
  }

  /** Orders since the start, by how they ended. */
  get counts(): { readonly issued: number; readonly failed: number } {
    return { issued: this.#issued, failed: this.#failed };
  }

  staple(fingerprint: string): string | null {
    const der = this.#staples?.staple(fingerprint) ?? null;
    return der === null ? null : Buffer.from(der).toString('base64');
  }

  /** How the order for these names stands; null when they are not ordered here. */
  orderStatus(names: readonly string[]): CertificateStatus | null {
    return this.#orders?.loop.status().find((status) => isSame(status.names, names)) ?? null;
  }

  /** This plan runs. */
  follow(plan: Plan, acme: AcmeSettings | null): void {
    if (this.#closing !== null) return;
    const certificates = certificatesOf(plan);
    this.#tellPending(certificates);
    this.#wanted = { acme, names: orderedNames(certificates), staples: wantedStaples(certificates) };
    this.#working ??= this.#work();
  }

  /** Ends orders and fetches. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#working;
    this.#staples?.stop();
    await this.#endOrders();
  }

  async #work(): Promise<void> {
    try {
      for (let wanted = this.#wanted; wanted !== null; wanted = this.#wanted) {
        this.#wanted = null;
        await this.#followOrders(wanted);
        await this.#followStaples(wanted);
      }
    } catch (error) {
      this.#options.say('error', 'internal-error', { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    } finally {
      this.#working = null;
    }
  }

  async #followOrders({ acme, names }: Wanted): Promise<void> {
    if (acme === null || names.length === 0) return this.#endOrders();
    if (this.#orders !== null && !isSame(this.#orders.settings, acme)) await this.#endOrders();
    this.#orders ??= await this.#beginOrders(acme);
    this.#orders.loop.apply(names);
  }

  async #beginOrders(settings: AcmeSettings): Promise<Orders> {
    const { runtime, reread } = this.#options;
    const { IssuingProcess } = await import('./issuing-process.ts');
    const { RenewalLoop } = await import('./renewal-loop.ts');
    const issuer = new IssuingProcess({ settings, publish: (challenges) => this.#publish(challenges) });
    const onCertificate = (): void => {
      this.#issued++;
      reread();
    };
    return { settings, issuer, loop: new RenewalLoop({ runtime, issuer, say: this.#sayCounted, onCertificate }) };
  }

  async #endOrders(): Promise<void> {
    const orders = this.#orders;
    this.#orders = null;
    if (orders === null) return;
    await orders.loop[Symbol.asyncDispose]();
    await orders.issuer.close();
  }

  async #followStaples({ staples }: Wanted): Promise<void> {
    if (this.#staples === null && staples.length === 0) return;
    this.#staples ??= await this.#beginStaples();
    this.#staples.apply(staples);
  }

  async #beginStaples(): Promise<StapleLoop> {
    const { StapleLoop } = await import('./staple-loop.ts');
    const { fetchStaple } = await import('../../clients/ocsp/client.ts');
    const { runtime, say } = this.#options;
    return new StapleLoop({ runtime, say, fetch: fetchStaple, onStaple: () => void this.#refresh() });
  }

  async #publish(challenges: AcmeChallengesPlan): Promise<void> {
    this.#challenges = challenges;
    const [fault] = await this.#options.refresh();
    if (fault !== undefined) throw new Error(`the proof cannot be shown: ${fault}`);
  }

  async #refresh(): Promise<void> {
    const faults = await this.#options.refresh();
    if (faults.length > 0 && this.#closing === null) this.#options.say('error', 'apply-failed', { reason: faults.join('; ') });
  }

  readonly #sayCounted: SayEvent = (level, what, detail) => {
    if (what === 'certificate-failed') this.#failed++;
    this.#options.say(level, what, detail);
  };

  /** Once for each: until it is there, a client that asks for one of these names gets another certificate that fits, or is refused. */
  #tellPending(certificates: readonly CertificatePlan[]): void {
    const pending = new Set<string>();
    for (const { source, material } of certificates) if (source.kind === 'acme' && material === null) pending.add(source.names.join(' '));
    for (const names of pending) if (!this.#told.has(names)) this.#options.say('warn', 'certificate-pending', { names });
    this.#told = pending;
  }
}

function certificatesOf(plan: Plan): readonly CertificatePlan[] {
  return plan.listeners.flatMap((listener) => (listener.kind === 'datagram' || listener.tls === null ? [] : listener.tls.certificates));
}

function orderedNames(certificates: readonly CertificatePlan[]): (readonly string[])[] {
  return certificates.flatMap(({ source }) => (source.kind === 'acme' ? [source.names] : []));
}

/** As a client is served: who asks for a staple by `must-staple`, or whose configuration says so. */
function wantedStaples(certificates: readonly CertificatePlan[]): StapledCertificate[] {
  return certificates.flatMap(({ material, names, ocsp }) => {
    if (material === null || material.ocspUrl === null || !(ocsp === 'on' || (ocsp === 'auto' && material.mustStaple))) return [];
    const { fingerprint, certPem, ocspUrl } = material;
    return [{ fingerprint, names, certPem, ocspUrl }];
  });
}
