/**
 * OCSP on the wire (RFC 6960): the question whether a certificate is revoked, and the parts of the answer. What an answer is worth (who signed it,
 * how old it is) is judged by `clients/ocsp`.
 */
import type { Timestamp } from '../../base/time.ts';
import { bitStringBytes, contextTag, DerError, DerReader, oidText, smallInteger, TAG } from '../der/der-reader.ts';
import { readTime } from '../der/der-time.ts';
import { derElement, derNull, derOctets, derOid, derSequence } from '../der/der-writer.ts';

/** Which certificate (RFC 6960 §4.1.1): its serial number and who issued it, hashed with SHA-1, as RFC 5019 §2.1.1 wants it of everybody. */
export interface CertificateId {
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Content of the INTEGER. */
  readonly serial: Uint8Array;
}

export type RevocationState = 'good' | 'revoked' | 'unknown';

export interface SingleAnswer {
  readonly id: CertificateId & { readonly hash: string };
  readonly state: RevocationState;
  readonly thisUpdate: Timestamp;
  /** Null: newer answers can be had at any time. */
  readonly nextUpdate: Timestamp | null;
}

export interface OcspAnswer {
  /** By name (a whole element) or by SHA-1 of the key. */
  readonly responder: { readonly kind: 'name' | 'key'; readonly bytes: Uint8Array };
  readonly answers: readonly SingleAnswer[];
  /** What is signed, how, and the signature. */
  readonly signed: Uint8Array;
  readonly algorithm: string;
  readonly signature: Uint8Array;
  /** DER of what the responder sent along to prove itself. */
  readonly certificates: readonly Uint8Array[];
}

export const SHA1 = '1.3.14.3.2.26';
const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1';
/** RFC 6960 §4.2.1. */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
};
const ANSWERS_MAX = 16;
const CERTIFICATES_MAX = 8;

/** The question, DER. No nonce: answers are made ahead and cached (RFC 5019 §2.1.1). */
export function ocspRequest({ issuerNameHash, issuerKeyHash, serial }: CertificateId): Uint8Array {
  const hash = derSequence(derOid(SHA1), derNull());
  const id = derSequence(hash, derOctets(issuerNameHash), derOctets(issuerKeyHash), derElement(TAG.integer, serial));
  return derSequence(derSequence(derSequence(derSequence(id))));
}

/** Reads an answer. @returns A word when the responder refused. @throws {DerError} when it is no answer. */
export function readOcspAnswer(der: Uint8Array): OcspAnswer | { readonly refused: string } {
  const whole = new DerReader(der);
  const response = whole.enter(TAG.sequence, 'OCSPResponse');
  whole.end('the OCSP response');
  const status = smallInteger(response.expect(TAG.enumerated, 'response status'));
  if (status !== 0) return { refused: REFUSALS[status] ?? `status ${status}` };
  const bytes = response.enter(contextTag(0, true), 'response').enter(TAG.sequence, 'response bytes');
  const kind = oidText(bytes.expect(TAG.oid, 'response type').content);
  if (kind !== BASIC_RESPONSE) throw new DerError(`is an answer of the kind ${kind}`);
  return readBasicResponse(bytes.expect(TAG.octetString, 'response').content);
}

function readBasicResponse(der: Uint8Array): OcspAnswer {
  const basic = new DerReader(der).enter(TAG.sequence, 'BasicOCSPResponse');
  const data = basic.expect(TAG.sequence, 'response data');
  const algorithm = oidText(basic.enter(TAG.sequence, 'signature algorithm').expect(TAG.oid, 'algorithm').content);
  const signature = bitStringBytes(basic.expect(TAG.bitString, 'signature'));
  const sent = basic.optional(contextTag(0, true));
  const certificates = sent === null ? [] : elements(new DerReader(sent.content).enter(TAG.sequence, 'certificates'), CERTIFICATES_MAX);
  const reader = new DerReader(data.content);
  reader.optional(contextTag(0, true));
  const responder = readResponder(reader);
  readTime(reader.expect(TAG.generalizedTime, 'time of production'));
  const list = reader.enter(TAG.sequence, 'answers');
  const answers = elements(list, ANSWERS_MAX).map(readSingle);
  return { responder, answers, signed: data.bytes, algorithm, signature, certificates };
}

function readResponder(reader: DerReader): OcspAnswer['responder'] {
  const { tag, content } = reader.next();
  if (tag === contextTag(1, true)) return { kind: 'name', bytes: new DerReader(content).expect(TAG.sequence, 'name').bytes };
  if (tag === contextTag(2, true)) return { kind: 'key', bytes: new DerReader(content).expect(TAG.octetString, 'key hash').content };
  throw new DerError('has no responder');
}

function readSingle(der: Uint8Array): SingleAnswer {
  const single = new DerReader(der).enter(TAG.sequence, 'answer');
  const id = single.enter(TAG.sequence, 'certificate identifier');
  const hash = oidText(id.enter(TAG.sequence, 'hash algorithm').expect(TAG.oid, 'hash').content);
  const issuerNameHash = id.expect(TAG.octetString, 'issuer').content;
  const issuerKeyHash = id.expect(TAG.octetString, "issuer's key").content;
  const serial = id.expect(TAG.integer, 'serial number').content;
  const state = stateOf(single.next().tag);
  const thisUpdate = readTime(single.expect(TAG.generalizedTime, 'time'));
  const next = single.optional(contextTag(0, true));
  const nextUpdate = next === null ? null : readTime(new DerReader(next.content).expect(TAG.generalizedTime, 'time'));
  return { id: { hash, issuerNameHash, issuerKeyHash, serial }, state, thisUpdate, nextUpdate };
}

/** RFC 6960 §4.2.1, CertStatus: a choice of tags. */
function stateOf(tag: number): RevocationState {
  if (tag === contextTag(0, false)) return 'good';
  if (tag === contextTag(1, true)) return 'revoked';
  if (tag === contextTag(2, false)) return 'unknown';
  throw new DerError('has a status that RFC 6960 does not know');
}

function elements(reader: DerReader, max: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  while (!reader.isAtEnd) {
    if (found.length === max) throw new DerError('has too many parts');
    found.push(reader.next().bytes);
  }
  return found;
}
