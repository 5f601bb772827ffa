/** The objects of RFC 8555 §7.1, as far as we use them, read from the server's JSON. What is missing or of another type is an AcmeError. */
import { AcmeError, type AcmeProblem, objectOf, readProblem } from './acme-error.ts';

export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  /** RFC 9773; null when the server has none. */
  readonly renewalInfo: string | null;
  readonly termsOfService: string | null;
  readonly needsExternalAccount: boolean;
}

export interface Order {
  readonly status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  readonly authorizations: readonly string[];
  readonly finalize: string;
  readonly certificate: string | null;
  readonly error: AcmeProblem | null;
}

export interface Challenge {
  readonly type: string;
  readonly url: string;
  readonly token: string;
  readonly status: string;
  readonly error: AcmeProblem | null;
}

export interface Authorization {
  readonly status: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired' | 'revoked';
  readonly name: string;
  readonly challenges: readonly Challenge[];
}

export interface SuggestedWindow {
  readonly startMs: number;
  readonly endMs: number;
  /** For people: why. */
  readonly explanationUrl: string | null;
}

const ORDER_STATES = ['pending', 'ready', 'processing', 'valid', 'invalid'] as const;
const AUTHORIZATION_STATES = ['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked'] as const;
/** A name of a certificate each; a hundred is what public authorities allow. */
const LIST_MAX = 1_000;

export function readDirectory(value: unknown): Directory {
  const object = objectOf(value);
  const meta = objectOf(object['meta']);
  return {
    newNonce: url(object, 'newNonce'),
    newAccount: url(object, 'newAccount'),
    newOrder: url(object, 'newOrder'),
    renewalInfo: optionalUrl(object, 'renewalInfo'),
    termsOfService: typeof meta['termsOfService'] === 'string' ? meta['termsOfService'] : null,
    needsExternalAccount: meta['externalAccountRequired'] === true,
  };
}

export function readOrder(value: unknown): Order {
  const object = objectOf(value);
  return {
    status: oneOf(object, 'status', ORDER_STATES),
    authorizations: list(object, 'authorizations').map((_, index, all) => url(objectOf({ authorizations: all[index] }), 'authorizations')),
    finalize: url(object, 'finalize'),
    certificate: optionalUrl(object, 'certificate'),
    error: object['error'] === undefined || object['error'] === null ? null : readProblem(object['error']),
  };
}

export function readAuthorization(value: unknown): Authorization {
  const object = objectOf(value);
  return {
    status: oneOf(object, 'status', AUTHORIZATION_STATES),
    name: text(objectOf(object['identifier']), 'value'),
    challenges: list(object, 'challenges').map((one) => {
      const challenge = objectOf(one);
      return {
        type: text(challenge, 'type'),
        url: url(challenge, 'url'),
        // RFC 8555 §8.3: base64url. It becomes part of a path: nothing else may get there. Kinds of challenge that we do not know may have none.
        token: typeof challenge['token'] === 'string' && /^[\w-]{1,512}$/.test(challenge['token']) ? challenge['token'] : '',
        status: typeof challenge['status'] === 'string' ? challenge['status'] : '',
        error: challenge['error'] === undefined || challenge['error'] === null ? null : readProblem(challenge['error']),
      };
    }),
  };
}

/** RFC 9773 §4.2. */
export function readRenewalInfo(value: unknown): SuggestedWindow {
  const object = objectOf(value);
  const window = objectOf(object['suggestedWindow']);
  const startMs = Date.parse(text(window, 'start'));
  const endMs = Date.parse(text(window, 'end'));
  // RFC 9773 §4.2: a window that ends before it begins is refused.
  if (!(startMs <= endMs)) throw new AcmeError('protocol', 'the ACME server suggests a time for renewal that ends before it begins');
  const explanation = object['explanationURL'];
  return { startMs, endMs, explanationUrl: typeof explanation === 'string' ? explanation : null };
}

function text(object: Readonly<Record<string, unknown>>, name: string): string {
  const value = object[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new AcmeError('protocol', `the ACME server's answer has no ${name}`);
}

function url(object: Readonly<Record<string, unknown>>, name: string): string {
  const value = text(object, name);
  // RFC 8555 §6.1: HTTPS only. What is signed must not be sent to anywhere else.
  if (value.startsWith('https://') && URL.canParse(value)) return value;
  throw new AcmeError('protocol', `the ACME server's answer has a ${name} that is no https URL`);
}

function optionalUrl(object: Readonly<Record<string, unknown>>, name: string): string | null {
  return object[name] === undefined || object[name] === null ? null : url(object, name);
}

function list(object: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const value = object[name];
  if (Array.isArray(value) && value.length <= LIST_MAX) return value as readonly unknown[];
  throw new AcmeError('protocol', `the ACME server's answer has no list of ${name}`);
}

function oneOf<State extends string>(object: Readonly<Record<string, unknown>>, name: string, states: readonly State[]): State {
  const state = states.find((one) => one === object[name]);
  if (state !== undefined) return state;
  throw new AcmeError('protocol', `the ACME server's answer has a ${name} that RFC 8555 does not know`);
}
