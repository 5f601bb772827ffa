/**
 * Keeps a fresh OCSP answer for each certificate that wants one stapled: fetched at once, again at half of its life, and after failures with growing
 * pauses. An answer is kept until it ends or a newer one is there; only then is there nothing to staple.
 */
import { X509Certificate } from 'node:crypto';
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { Timestamp } from '../../base/time.ts';
import type { Staple, StapleRequest } from '../../clients/ocsp/client.ts';
import { nextFetchMs } from '../../core/certificates/staple.ts';
import type { SayEvent } from '../say-event.ts';

/** A certificate that wants a staple. */
export interface StapledCertificate {
  /** Equal when it is the same certificate. */
  readonly fingerprint: string;
  /** For people. */
  readonly names: readonly string[];
  /** The chain: the leaf, then its issuer. */
  readonly certPem: string;
  readonly ocspUrl: string;
}

export interface StapleLoopOptions {
  readonly runtime: Runtime;
  readonly say: SayEvent;
  /** `fetchStaple` of `clients/ocsp`. */
  readonly fetch: (request: StapleRequest) => Promise<Staple>;
  /** There is another answer (DER), or none any more. */
  readonly onStaple: (fingerprint: string, staple: Uint8Array | null) => void;
}

interface Tracked {
  readonly wanted: StapledCertificate;
  readonly abort: AbortController;
  staple: Staple | null;
  failures: number;
  wait: Cancel | null;
}

const FETCH_TIMEOUT_MS = 15_000;

export class StapleLoop {
  readonly #options: StapleLoopOptions;
  readonly #tracked = new Map<string, Tracked>();

  constructor(options: StapleLoopOptions) {
    this.#options = options;
  }

  /** Sets which certificates want one. What stays keeps its answer. */
  apply(wanted: readonly StapledCertificate[]): void {
    const fingerprints = new Set(wanted.map(({ fingerprint }) => fingerprint));
    for (const [fingerprint, tracked] of this.#tracked) {
      if (fingerprints.has(fingerprint)) continue;
      this.#tracked.delete(fingerprint);
      tracked.wait?.();
      tracked.abort.abort(new Error('no longer wanted'));
    }
    for (const certificate of wanted) {
      if (this.#tracked.has(certificate.fingerprint)) continue;
      const tracked: Tracked = { wanted: certificate, abort: new AbortController(), staple: null, failures: 0, wait: null };
      this.#tracked.set(certificate.fingerprint, tracked);
      void this.#fetch(tracked);
    }
  }

  /** The answer to staple now, DER; null when there is none. */
  staple(fingerprint: string): Uint8Array | null {
    const staple = this.#tracked.get(fingerprint)?.staple ?? null;
    return staple === null || hasEnded(staple, this.#options.runtime.clock.wall()) ? null : staple.der;
  }

  stop(): void {
    this.apply([]);
  }

  async #fetch(tracked: Tracked): Promise<void> {
    const { runtime, fetch } = this.#options;
    const { certPem, ocspUrl } = tracked.wanted;
    const deadline = new AbortController();
    const cancel = runtime.timers.after(FETCH_TIMEOUT_MS, () => deadline.abort(new Error('no answer in time')));
    try {
      const [leaf, issuer] = chainOf(certPem);
      const signal = AbortSignal.any([deadline.signal, tracked.abort.signal]);
      const staple = await fetch({ leaf, issuer, url: ocspUrl, now: runtime.clock.wall(), signal });
      if (!tracked.abort.signal.aborted) this.#keep(tracked, staple);
    } catch (error) {
      if (!tracked.abort.signal.aborted) this.#fail(tracked, error);
    } finally {
      cancel();
      if (!tracked.abort.signal.aborted) this.#schedule(tracked);
    }
  }

  #keep(tracked: Tracked, staple: Staple): void {
    const isNew = tracked.staple === null || Buffer.compare(tracked.staple.der, staple.der) !== 0;
    tracked.staple = staple;
    tracked.failures = 0;
    if (isNew) this.#options.onStaple(tracked.wanted.fingerprint, staple.der);
  }

  #fail(tracked: Tracked, error: unknown): void {
    const { say, runtime, onStaple } = this.#options;
    const { isRevoked = false, message } = error as { isRevoked?: boolean; message: string };
    const isLost = tracked.staple !== null && (isRevoked || hasEnded(tracked.staple, runtime.clock.wall()));
    if (isLost) {
      tracked.staple = null;
      onStaple(tracked.wanted.fingerprint, null);
    }
    tracked.failures++;
    const detail = { names: tracked.wanted.names.join(' '), reason: message };
    if (isRevoked) say('error', 'certificate-revoked', detail);
    else if (isLost || tracked.failures === 1) say('warn', 'ocsp-failed', detail);
  }

  #schedule(tracked: Tracked): void {
    const { runtime } = this.#options;
    const ms = nextFetchMs({ staple: tracked.staple, failures: tracked.failures, now: runtime.clock.wall() }, runtime.random);
    tracked.wait = runtime.timers.after(ms, () => {
      tracked.wait = null;
      void this.#fetch(tracked);
    });
  }
}

/** @throws {Error} when the issuer's certificate is not in the chain. */
function chainOf(certPem: string): [X509Certificate, X509Certificate] {
  const [leaf, issuer] = certPem.split(/(?<=-----END CERTIFICATE-----)/).filter((text) => text.includes('BEGIN'));
  if (leaf !== undefined && issuer !== undefined) return [new X509Certificate(leaf), new X509Certificate(issuer)];
  throw new Error("OCSP needs the issuer's certificate: put it into the certificate's file, after the certificate itself");
}

function hasEnded({ nextUpdate }: Staple, now: Timestamp): boolean {
  return nextUpdate !== null && nextUpdate < now;
}
