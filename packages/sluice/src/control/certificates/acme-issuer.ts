/**
 * Certificates by ACME, kept in a store: makes keys and signing requests, keeps the account, checks what the server sends before it is kept.
 * The client and what it needs are loaded at the first order or question: a gateway whose certificates are all in order loads nothing.
 */
import { X509Certificate } from 'node:crypto';
import type { Clock } from '../../base/time.ts';
import type { ExternalAccount } from '../../clients/acme/account-key.ts';
import type { AcmeClient, ChallengeKind, ChallengeResponder } from '../../clients/acme/client.ts';
import { renewalIdentifier } from '../../core/certificates/renewal-id.ts';
import { examineCertificate, type LoadedCertificate } from '../../io/certificate.ts';
import { CertificateStore, type StoredAccount } from '../../io/certificate-store.ts';
import type { MadeKeyType } from '../../io/x509/library.ts';
import type { CertificateIssuer, IssuedCertificate, OrderRefusal, PastFailures } from './issuer.ts';

export interface AcmeIssuerOptions {
  readonly directoryUrl: string;
  /** Directory for the account and the certificates of all servers. */
  readonly storage: string;
  readonly challenge: ChallengeKind;
  /** Shows proofs on our listeners. */
  readonly responder: ChallengeResponder;
  readonly clock: Clock;
  readonly email?: string | null;
  readonly external?: ExternalAccount | null;
  /** PEM of the authority that signed the server's own certificate, when it is a private one. */
  readonly caPem?: string;
  readonly userAgent?: string;
  /** Default `ec`. */
  readonly keyType?: MadeKeyType;
  /** Asks for must-staple. Default false. */
  readonly mustStaple?: boolean;
  /** As in `AcmeClientOptions`. */
  readonly pollMs?: number;
}

/** For the directory and the account. */
const CONNECT_TIMEOUT_MS = 60_000;

export class AcmeIssuer implements CertificateIssuer {
  readonly #options: AcmeIssuerOptions;
  readonly #store: CertificateStore;
  readonly #closing = new AbortController();
  #client: Promise<AcmeClient> | null = null;

  constructor(options: AcmeIssuerOptions) {
    this.#options = options;
    this.#store = new CertificateStore(options);
  }

  async stored(
    names: readonly string[],
  ): Promise<{ certificate: IssuedCertificate | null; fault: string | null; past: PastFailures | null }> {
    const reading = await this.#store.certificate(names, this.#options.clock.wall());
    const past = await this.#store.attempt(names);
    if (reading === null) return { certificate: null, fault: null, past };
    if (reading.ok) return { certificate: issued(reading.material), fault: null, past };
    return { certificate: null, fault: reading.faults.map(({ message }) => message).join('; '), past };
  }

  async issue(names: readonly string[], previous: IssuedCertificate | null, signal: AbortSignal): Promise<IssuedCertificate> {
    return this.#store.exclusively(names, signal, async () => {
      const { certificate } = await this.stored(names);
      const isOthers = certificate !== null && certificate.fingerprint !== previous?.fingerprint;
      if (isOthers && certificate.notAfter > this.#options.clock.wall()) return certificate;
      const material = await this.#order(names, previous?.renewalId ?? null, signal);
      await this.#store.saveCertificate(names, material);
      return issued(material);
    });
  }

  async renewalInfo(id: string, signal: AbortSignal): ReturnType<CertificateIssuer['renewalInfo']> {
    return (await this.#acme(signal)).renewalInfo(id, signal);
  }

  async remember(names: readonly string[], past: PastFailures | null): Promise<void> {
    // A disk that is full is told of by the order that fails.
    await this.#store.saveAttempt(names, past).catch(() => {});
  }

  explain(error: unknown): OrderRefusal {
    return explainRefusal(error);
  }

  /** Lets go of connections; nothing is ordered after it. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('closing'));
    const client = this.#client;
    this.#client = null;
    (await client?.catch(() => null))?.close();
  }

  async #order(names: readonly string[], replaces: string | null, signal: AbortSignal): Promise<LoadedCertificate> {
    const { challenge, responder, keyType = 'ec', mustStaple = false, clock } = this.#options;
    const { makeKeyPem } = await import('../../io/x509/library.ts');
    const { makeCertificateRequest } = await import('../../io/x509/certificate-request.ts');
    const keyPem = makeKeyPem(keyType);
    const csr = await makeCertificateRequest({ names, keyPem, mustStaple });
    const client = await this.#acme(signal);
    const order = (): Promise<string> => client.issue({ names, csr, challenge, responder, replaces, signal });
    const text = await order().catch(async (error: unknown) => {
      // The server forgot us (a private one that was set up anew): the same key makes another account.
      if ((error as { type?: unknown }).type !== 'accountDoesNotExist') throw error;
      await this.#register(client, signal);
      return order();
    });
    const what = `the certificate for ${names.join(', ')}`;
    const reading = examineCertificate({ certificates: [{ file: what, text }], key: { file: what, text: keyPem } }, clock.wall());
    if (!reading.ok) throw new Error(`the ACME server sent a certificate that cannot be used: ${reading.faults[0]?.message}`);
    const missing = names.find((name) => !reading.material.names.includes(name));
    if (missing !== undefined) throw new Error(`the ACME server sent a certificate without the name ${missing}`);
    return reading.material;
  }

  /** The client with an account; made once for all who ask, and again after a failure. Its deadline is its own: an order that is no longer wanted must not end that of others. */
  #acme(signal: AbortSignal): Promise<AcmeClient> {
    this.#client ??= this.#connect(AbortSignal.any([this.#closing.signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)])).catch(
      (error: unknown) => {
        this.#client = null;
        throw error;
      },
    );
    // Whoever asked may be gone when it fails.
    this.#client.catch(() => {});
    return unlessAborted(this.#client, signal);
  }

  async #connect(signal: AbortSignal): Promise<AcmeClient> {
    const { AcmeClient } = await import('../../clients/acme/client.ts');
    const { makeAccountKeyPem } = await import('../../clients/acme/account-key.ts');
    return this.#store.exclusivelyForAccount(signal, async () => {
      const known = await this.#store.account();
      const account: StoredAccount = known ?? { url: null, keyPem: makeAccountKeyPem() };
      // Before the server sees it: an account whose key is lost is of no use to anybody.
      if (known === null) await this.#store.saveAccount(account);
      const { directoryUrl, caPem, userAgent, pollMs } = this.#options;
      const client = await AcmeClient.create({
        directoryUrl,
        accountKeyPem: account.keyPem,
        accountUrl: account.url,
        caPem,
        ...(userAgent === undefined ? {} : { userAgent }),
        ...(pollMs === undefined ? {} : { pollMs }),
      });
      if (account.url === null) await this.#saveUrl(client, account.keyPem, signal);
      return client;
    });
  }

  async #register(client: AcmeClient, signal: AbortSignal): Promise<void> {
    await this.#store.exclusivelyForAccount(signal, async () => {
      const account = await this.#store.account();
      if (account !== null) await this.#saveUrl(client, account.keyPem, signal);
    });
  }

  async #saveUrl(client: AcmeClient, keyPem: string, signal: AbortSignal): Promise<void> {
    const { email = null, external = null } = this.#options;
    await this.#store.saveAccount({ keyPem, url: await client.register({ email, external, signal }) });
  }
}

/** By its fields, not its class: the class may not be loaded. */
export function explainRefusal(error: unknown): OrderRefusal {
  const { kind, retryAfterMs, message } = error as { kind?: unknown; retryAfterMs?: unknown; message?: unknown };
  return {
    isUnreachable: kind === 'unreachable',
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : null,
    reason: typeof message === 'string' && message !== '' ? message : String(error),
  };
}

/** The promise's value, or the signal's reason when that comes first. */
async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function issued({ certPem, notBefore, notAfter, fingerprint }: LoadedCertificate): IssuedCertificate {
  return { notBefore, notAfter, fingerprint, renewalId: renewalIdentifier(new X509Certificate(certPem).raw) };
}
