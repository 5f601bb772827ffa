/**
 * A small ACME server of our own for what pebble does not do: renewal information, rate limits, wrong answers. It proves nothing and signs
 * with a test's authority; a test may answer any path itself.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { timestamp } from '../../src/base/time.ts';
import { loadX509 } from '../../src/io/x509/library.ts';
import { seededBytes, type TestAuthority, testAuthority } from './authority.ts';

export interface AcmeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is when it is text. */
  readonly body?: object | string;
}

export interface AcmeRequest {
  readonly path: string;
  readonly method: string;
  /** Of a signed request: its header and payload, unverified. */
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface AcmeServer extends AsyncDisposable {
  readonly directoryUrl: string;
  readonly url: string;
  readonly caPem: string;
  readonly authority: TestAuthority;
  readonly requests: AcmeRequest[];
  /** Answers a path instead of the server; null lets the server answer. */
  answer: (request: AcmeRequest) => AcmeAnswer | null;
  /** Days that certificates are valid. */
  days: number;
}

export async function startAcmeServer(): Promise<AcmeServer> {
  const authority = await testAuthority('Fake ACME CA');
  const own = await authority.leaf(['127.0.0.1']);
  let count = 0;
  let names: readonly string[] = [];
  let issued = '';
  const server = https.createServer({ cert: own.certPem, key: own.keyPem });
  const answers = (path: string, request: AcmeRequest): AcmeAnswer | Promise<AcmeAnswer> => {
    const order = (status: string): AcmeAnswer => ({
      headers: { location: `${url}/order` },
      body: { status, authorizations: [], finalize: `${url}/finalize`, certificate: status === 'valid' ? `${url}/certificate` : undefined },
    });
    switch (path.split('/')[1]) {
      case 'dir':
        return {
          body: { newNonce: `${url}/nonce`, newAccount: `${url}/account`, newOrder: `${url}/new-order`, renewalInfo: `${url}/renewal` },
        };
      case 'nonce':
        return {};
      case 'account':
        return { status: 201, headers: { location: `${url}/account/1` }, body: { status: 'valid' } };
      case 'new-order':
        names = (request.payload['identifiers'] as { value: string }[]).map(({ value }) => value);
        issued = '';
        return { status: 201, ...order('ready') };
      case 'finalize':
        return sign(String(request.payload['csr'])).then(() => order('processing'));
      case 'order':
        return order(issued === '' ? 'ready' : 'valid');
      case 'certificate':
        return { headers: { 'content-type': 'application/pem-certificate-chain' }, body: issued };
      default:
        return { status: 404, body: { type: 'about:blank', detail: 'no such thing' } };
    }
  };
  /** With the key of the request, for the names of the order. */
  const sign = async (csr: string): Promise<void> => {
    const { Pkcs10CertificateRequest } = await loadX509();
    const { publicKey } = new Pkcs10CertificateRequest(Uint8Array.from(Buffer.from(csr, 'base64url')));
    issued = await authority.certify(publicKey.toString('pem'), names, {
      days: result.days,
      now: timestamp(Date.now()),
      random: seededBytes(++count + 1_000),
    });
  };
  server.on('request', (request, reply) => {
    void (async () => {
      const seen = await readRequest(request);
      result.requests.push(seen);
      const { status = 200, headers = {}, body = '' } = result.answer(seen) ?? (await answers(seen.path, seen));
      const type = typeof body === 'string' ? 'text/plain' : status >= 400 ? 'application/problem+json' : 'application/json';
      const nonce = createHash('sha256').update(String(++count)).digest('base64url');
      reply.writeHead(status, { 'content-type': type, 'replay-nonce': nonce, ...headers });
      reply.end(typeof body === 'string' ? body : JSON.stringify(body));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const result: AcmeServer = {
    url,
    directoryUrl: `${url}/dir`,
    caPem: authority.certPem,
    authority,
    requests: [],
    answer: () => null,
    days: 90,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return result;
}

async function readRequest(request: IncomingMessage): Promise<AcmeRequest> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const text = Buffer.concat(parts).toString();
  const jws = text === '' ? {} : (JSON.parse(text) as { protected?: string; payload?: string });
  return { path: request.url ?? '', method: request.method ?? '', header: decode(jws.protected), payload: decode(jws.payload) };
}

function decode(part: string | undefined): Record<string, unknown> {
  return part === undefined || part === '' ? {} : (JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
}
