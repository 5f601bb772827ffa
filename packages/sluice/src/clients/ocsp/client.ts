/**
 * Asks an authority whether a certificate is revoked, for stapling (RFC 6066 §8): one bounded POST, and nothing of the answer is believed that the
 * issuer has not signed, that is about another certificate, or that is too old.
 */
import { createHash, type X509Certificate } from 'node:crypto';
import type * as nodeHttp from 'node:http';
import type { Timestamp } from '../../base/time.ts';
import { readCertificateFields } from '../../core/certificates/certificate-fields.ts';
import { type CertificateId, type OcspAnswer, ocspRequest, readOcspAnswer, SHA1, type SingleAnswer } from '../../core/certificates/ocsp.ts';
import { checkSignature } from './signature.ts';
import { OcspError } from './ocsp-error.ts';

export interface StapleRequest {
  readonly leaf: X509Certificate;
  readonly issuer: X509Certificate;
  /** The responder, http. */
  readonly url: string;
  readonly now: Timestamp;
  readonly signal: AbortSignal;
}

/** An answer that may be stapled: the certificate is good. */
export interface Staple {
  readonly der: Uint8Array;
  readonly thisUpdate: Timestamp;
  /** Null: newer answers can be had at any time. */
  readonly nextUpdate: Timestamp | null;
}

const ANSWER_BYTES_MAX = 65_536;
const TIMEOUT_MS = 10_000;
/** Clocks differ. */
const SKEW_MS = 300_000;

/** Fetches and judges. @throws {OcspError} */
export async function fetchStaple(request: StapleRequest): Promise<Staple> {
  const id = certificateId(request.leaf, request.issuer);
  const der = await post(request.url, ocspRequest(id), request.signal);
  return judgeAnswer(der, { ...request, id });
}

/** @throws {OcspError} unless the answer says, in the issuer's name and now, that the certificate is good. */
export function judgeAnswer(der: Uint8Array, { issuer, now, id }: Pick<StapleRequest, 'issuer' | 'now'> & { id: CertificateId }): Staple {
  const answer = readAnswer(der);
  const single = answer.answers.find((one) => isAbout(one, id));
  if (single === undefined) throw new OcspError('the OCSP answer is about another certificate');
  believe(answer, issuer, now);
  const { state, thisUpdate, nextUpdate } = single;
  if (thisUpdate > now + SKEW_MS) throw new OcspError("the OCSP answer is from the future: check this machine's clock");
  if (nextUpdate !== null && nextUpdate < now) throw new OcspError('the OCSP answer is too old');
  if (state === 'revoked') throw new OcspError('the certificate is revoked: replace it', { isRevoked: true });
  if (state === 'unknown') throw new OcspError('the OCSP responder does not know the certificate');
  return { der, thisUpdate, nextUpdate };
}

/** How an authority knows a certificate. */
export function certificateId(leaf: X509Certificate, issuer: X509Certificate): CertificateId {
  const { subject, publicKeyBits } = readCertificateFields(issuer.raw);
  const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();
  return { issuerNameHash: sha1(subject), issuerKeyHash: sha1(publicKeyBits), serial: readCertificateFields(leaf.raw).serial };
}

/** @throws {OcspError} also when what came along cannot be read or does not fit: a certificate that is none, a key of another kind. */
function believe(answer: OcspAnswer, issuer: X509Certificate, now: Timestamp): void {
  try {
    checkSignature(answer, issuer, now);
  } catch (error) {
    if (error instanceof OcspError) throw error;
    throw new OcspError(`the signature of the OCSP answer cannot be checked: ${(error as Error).message}`, { cause: error });
  }
}

function readAnswer(der: Uint8Array): OcspAnswer {
  let answer: ReturnType<typeof readOcspAnswer>;
  try {
    answer = readOcspAnswer(der);
  } catch (error) {
    throw new OcspError(`the OCSP answer cannot be read: it ${(error as Error).message}`, { cause: error });
  }
  if ('refused' in answer) throw new OcspError(`the OCSP responder refused: ${answer.refused}`);
  return answer;
}

function isAbout({ id }: SingleAnswer, wanted: CertificateId): boolean {
  const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
  return (
    id.hash === SHA1 &&
    isSame(id.serial, wanted.serial) &&
    isSame(id.issuerNameHash, wanted.issuerNameHash) &&
    isSame(id.issuerKeyHash, wanted.issuerKeyHash)
  );
}

/** `node:http` is taken like this because an `import` by name evaluates its lazy exports. */
function post(url: string, body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const { request: open } = process.getBuiltinModule('node:http');
  const headers = { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response', 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const fail = (error: Error): void => {
      if (signal.aborted) return reject(signal.reason as Error);
      const what = error.name === 'TimeoutError' || error.name === 'AbortError' ? 'no answer in time' : error.message;
      reject(new OcspError(`OCSP responder ${url}: ${what}`, { cause: error }));
    };
    const request = open(url, { method: 'POST', agent: false, signal: bound, headers });
    request.once('error', fail);
    request.once('response', (reply) => void collect(reply).then(resolve, fail));
    request.end(body);
  });
}

async function collect(reply: nodeHttp.IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of reply as AsyncIterable<Buffer>) {
    size += part.length;
    if (size <= ANSWER_BYTES_MAX) parts.push(part);
    else {
      reply.destroy();
      throw new Error(`its answer is larger than ${ANSWER_BYTES_MAX} bytes`);
    }
  }
  if (reply.statusCode !== 200) throw new Error(`status ${reply.statusCode}`);
  return Buffer.concat(parts);
}
