/**
 * An ACME client (RFC 8555): account, order, proof, certificate; and when to renew it (RFC 9773). It decides nothing: names, keys and the moment
 * are the caller's. Proofs are shown by whoever has the listeners, through `ChallengeResponder`.
 */
import { isIP } from 'node:net';
import { AccountKey, type ExternalAccount } from './account-key.ts';
import { AcmeError, problemText } from './acme-error.ts';
import {
  type Authorization,
  type Challenge,
  type Order,
  readAuthorization,
  readOrder,
  readRenewalInfo,
  type SuggestedWindow,
} from './resources.ts';
import { type AcmeReply, AcmeSession, pause } from './session.ts';
import { httpsTransport, type Transport } from './transport.ts';

export type ChallengeKind = 'http-01' | 'tls-alpn-01';

/** A proof to show while an order is under way. */
export interface AcmeChallenge {
  readonly kind: ChallengeKind;
  /** The host name or address that is proved. */
  readonly name: string;
  /** The last part of the path that http-01 asks for: base64url. */
  readonly token: string;
  readonly keyAuthorization: string;
}

/** Whoever shows proofs to the world. */
export interface ChallengeResponder {
  /** Resolves when every listener shows them. */
  present(challenges: readonly AcmeChallenge[], signal: AbortSignal): Promise<void>;
  /** Never rejects for what is not there. */
  remove(challenges: readonly AcmeChallenge[]): Promise<void>;
}

export interface AcmeClientOptions {
  readonly directoryUrl: string;
  /** The account's key, PKCS #8 PEM. */
  readonly accountKeyPem: string;
  /** What `register` returned before; null or left out when it never ran. */
  readonly accountUrl?: string | null;
  readonly caPem?: string | undefined;
  readonly userAgent?: string;
  /** Between two looks when the server names no time. Default 1 s, growing to 10 s. */
  readonly pollMs?: number;
  /** Before an asking request that found nobody is sent again. Default 1 s. */
  readonly retryMs?: number;
  /** Default: HTTPS. */
  readonly transport?: Transport;
}

export interface AccountOptions {
  readonly email?: string | null;
  readonly external?: ExternalAccount | null;
  readonly signal: AbortSignal;
}

export interface IssueOptions {
  readonly names: readonly string[];
  /** The signing request for exactly these names, DER. */
  readonly csr: Uint8Array;
  readonly challenge: ChallengeKind;
  readonly responder: ChallengeResponder;
  /** Renewal identifier of the certificate that this one replaces (RFC 9773 §5); null for a first one. */
  readonly replaces?: string | null;
  /** Ends every wait. Give it a deadline. */
  readonly signal: AbortSignal;
}

const POLL_MS = 1_000;
const POLL_MAX_MS = 10_000;
/** A server that asks for more between two looks is not waited for that long. */
const POLL_ASKED_MAX_MS = 60_000;

export class AcmeClient {
  readonly #session: AcmeSession;
  readonly #transport: Transport;
  readonly #pollMs: number;

  private constructor(session: AcmeSession, transport: Transport, pollMs: number) {
    this.#session = session;
    this.#transport = transport;
    this.#pollMs = pollMs;
  }

  static async create(options: AcmeClientOptions): Promise<AcmeClient> {
    const key = await AccountKey.fromPem(options.accountKeyPem);
    const transport = options.transport ?? httpsTransport({ caPem: options.caPem, userAgent: options.userAgent ?? 'sluice' });
    const { directoryUrl, retryMs } = options;
    const session = new AcmeSession({ directoryUrl, transport, key, ...(retryMs === undefined ? {} : { retryMs }) });
    session.accountUrl = options.accountUrl ?? null;
    return new AcmeClient(session, transport, options.pollMs ?? POLL_MS);
  }

  close(): void {
    this.#transport.close();
  }

  /**
   * Finds the key's account, or makes it (RFC 8555 §7.3). Agrees to the terms of service: only call it when a person has.
   * @returns The account's URL, to be kept beside the key.
   */
  async register({ email, external, signal }: AccountOptions): Promise<string> {
    const directory = await this.#session.directory(signal);
    if (directory.needsExternalAccount && !external) {
      throw new AcmeError('unsupported', 'the ACME server wants the key identifier and HMAC key of an account that it knows: set both');
    }
    this.#session.accountUrl = null;
    const reply = await this.#session.post(
      directory.newAccount,
      {
        termsOfServiceAgreed: true,
        ...(email ? { contact: [`mailto:${email}`] } : {}),
        ...(external ? { externalAccountBinding: await this.#session.key.bind(external, directory.newAccount) } : {}),
      },
      'an account',
      signal,
    );
    if (reply.location === null) throw new AcmeError('protocol', "the ACME server's answer has no account URL");
    this.#session.accountUrl = reply.location;
    return reply.location;
  }

  /** Orders a certificate and sees it through. @returns The chain as PEM, leaf first. */
  async issue(options: IssueOptions): Promise<string> {
    const { names, csr, signal } = options;
    refuseUnprovable(options);
    const { url, order: placed } = await this.#placeOrder(names, options.replaces ?? null, signal);
    if (placed.status === 'pending') await this.#prove(placed, options);
    const ready = await this.#pollOrder(url, signal, ({ status }) => status !== 'pending');
    if (ready.status === 'ready') {
      const payload = { csr: Buffer.from(csr).toString('base64url') };
      await this.#session.post(ready.finalize, payload, `the signing request for ${names.join(', ')}`, signal);
    }
    const done = await this.#pollOrder(url, signal, ({ status }) => status === 'valid');
    if (done.certificate === null) throw new AcmeError('protocol', "the ACME server's order is valid, but has no certificate");
    const reply = await this.#session.read(done.certificate, 'the certificate', signal, 'application/pem-certificate-chain');
    return reply.body.toString('latin1');
  }

  /**
   * When the server would like the certificate to be renewed (RFC 9773).
   * @param id `renewalIdentifier` of the certificate.
   * @returns Null when the server has no opinion on renewals.
   */
  async renewalInfo(id: string, signal: AbortSignal): Promise<{ window: SuggestedWindow; retryAfterMs: number | null } | null> {
    const { renewalInfo } = await this.#session.directory(signal);
    if (renewalInfo === null) return null;
    const reply = await this.#session.get(`${renewalInfo.replace(/\/$/, '')}/${id}`, 'renewal information', signal);
    return { window: readRenewalInfo(reply.json), retryAfterMs: reply.retryAfterMs };
  }

  async #placeOrder(names: readonly string[], replaces: string | null, signal: AbortSignal): Promise<{ url: string; order: Order }> {
    const { newOrder, renewalInfo } = await this.#session.directory(signal);
    const identifiers = names.map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name }));
    const send = (more: object): Promise<AcmeReply> =>
      this.#session.post(newOrder, { identifiers, ...more }, `an order for ${names.join(', ')}`, signal);
    const reply = await send(replaces === null || renewalInfo === null ? {} : { replaces }).catch((error: unknown) => {
      // RFC 9773 §7.4: replaced already, or not known here. It only gives priority: order without it.
      const isAboutReplaces = error instanceof AcmeError && replaces !== null && ['alreadyReplaced', 'malformed'].includes(error.type);
      if (isAboutReplaces) return send({});
      throw error;
    });
    if (reply.location === null) throw new AcmeError('protocol', "the ACME server's answer has no order URL");
    return { url: reply.location, order: readOrder(reply.json) };
  }

  /** Shows all proofs, lets the server look at all, then waits for each: names are proved side by side. */
  async #prove(order: Order, { challenge: kind, responder, signal }: IssueOptions): Promise<void> {
    const pending: { url: string; authorization: Authorization; challenge: Challenge }[] = [];
    for (const url of order.authorizations) {
      const authorization = readAuthorization((await this.#session.read(url, 'an authorization', signal)).json);
      if (authorization.status === 'valid') continue;
      pending.push({ url, authorization, challenge: chooseChallenge(authorization, kind) });
    }
    const proofs = pending.map(({ authorization, challenge }) => ({
      kind,
      name: authorization.name,
      token: challenge.token,
      keyAuthorization: this.#session.key.keyAuthorization(challenge.token),
    }));
    try {
      await responder.present(proofs, signal);
      for (const { challenge, authorization } of pending) {
        await this.#session.post(challenge.url, {}, `the proof of ${authorization.name}`, signal);
      }
      for (const { url } of pending) await this.#pollAuthorization(url, kind, signal);
    } finally {
      await responder.remove(proofs);
    }
  }

  async #pollAuthorization(url: string, kind: ChallengeKind, signal: AbortSignal): Promise<void> {
    for (let looks = 0; ; looks++) {
      const reply = await this.#session.read(url, 'an authorization', signal);
      const authorization = readAuthorization(reply.json);
      if (authorization.status === 'valid') return;
      if (authorization.status !== 'pending') throw unproved(authorization, kind);
      await this.#untilNextLook(looks, reply.retryAfterMs, signal);
    }
  }

  async #pollOrder(url: string, signal: AbortSignal, isDone: (order: Order) => boolean): Promise<Order> {
    for (let looks = 0; ; looks++) {
      const reply = await this.#session.read(url, 'an order', signal);
      const order = readOrder(reply.json);
      if (isDone(order) && order.status !== 'invalid') return order;
      if (order.status === 'invalid') {
        const reason = order.error === null ? 'without a reason' : problemText(order.error);
        throw new AcmeError('refused', `the ACME server ended the order: ${reason}`, { type: order.error?.type ?? '' });
      }
      await this.#untilNextLook(looks, reply.retryAfterMs, signal);
    }
  }

  #untilNextLook(looks: number, askedMs: number | null, signal: AbortSignal): Promise<void> {
    const ownMs = Math.min(this.#pollMs * 1.5 ** looks, POLL_MAX_MS);
    return pause(askedMs === null ? ownMs : Math.min(Math.max(askedMs, this.#pollMs), POLL_ASKED_MAX_MS), signal);
  }
}

/** What no server could accept, said before anything is ordered. */
function refuseUnprovable({ names, challenge }: IssueOptions): void {
  const wildcard = names.find((name) => name.startsWith('*'));
  if (wildcard !== undefined) {
    throw new AcmeError('unsupported', `"${wildcard}" can only be proved by DNS (dns-01), which Sluice does not do: name each host`);
  }
  const address = names.find((name) => isIP(name) !== 0);
  if (address !== undefined && challenge === 'tls-alpn-01') {
    throw new AcmeError('unsupported', `the address ${address} cannot be proved by tls-alpn-01 here: use http-01`);
  }
}

function chooseChallenge({ name, status, challenges }: Authorization, kind: ChallengeKind): Challenge {
  if (status !== 'pending') throw new AcmeError('unproved', `${name}: the ACME server says that its authorization is ${status}`);
  const found = challenges.find(({ type }) => type === kind);
  if (found === undefined || found.token === '') {
    const offered = challenges.map(({ type }) => type).join(', ') || 'nothing';
    throw new AcmeError('unsupported', `${name}: the ACME server does not offer ${kind}, but ${offered}`);
  }
  return found;
}

function unproved({ name, status, challenges }: Authorization, kind: ChallengeKind): AcmeError {
  const problem = challenges.find(({ error }) => error !== null)?.error ?? null;
  const reason = problem === null ? `its authorization is ${status}` : problemText(problem);
  return new AcmeError('unproved', `${name} could not be proved by ${kind}: ${reason}`, { type: problem?.type ?? '' });
}
