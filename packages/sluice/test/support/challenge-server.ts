/** Shows proofs to an ACME server: http-01 and tls-alpn-01 on ports of the loopback. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createSecureContext, createServer as createTlsServer } from 'node:tls';
import { timestamp } from '../../src/base/time.ts';
import type { AcmeChallenge, ChallengeResponder } from '../../src/clients/acme/client.ts';
import { makeAlpnCertificate } from '../../src/io/x509/alpn-certificate.ts';
import type { PemPair } from '../../src/io/x509/authority.ts';
import { seededBytes } from './authority.ts';

export interface ChallengeServer extends ChallengeResponder, AsyncDisposable {
  /** All that were shown, and those that are shown now. */
  readonly shown: AcmeChallenge[];
  readonly showing: Set<AcmeChallenge>;
  /** Paths that were asked for. */
  readonly asked: string[];
}

export async function startChallengeServer(ports: { httpPort: number; tlsPort: number }): Promise<ChallengeServer> {
  const showing = new Set<AcmeChallenge>();
  const certificates = new Map<string, PemPair>();
  const shown: AcmeChallenge[] = [];
  const asked: string[] = [];
  const http = createServer((request, reply) => {
    asked.push(request.url ?? '');
    const token = (request.url ?? '').replace('/.well-known/acme-challenge/', '');
    const found = [...showing].find((one) => one.kind === 'http-01' && one.token === token);
    reply.writeHead(found === undefined ? 404 : 200).end(found?.keyAuthorization ?? 'nothing here');
  }).listen(ports.httpPort, '127.0.0.1');
  const tls = createTlsServer({
    ALPNProtocols: ['acme-tls/1'],
    SNICallback: (name, done) => {
      const pair = certificates.get(name);
      done(null, pair === undefined ? undefined : createSecureContext({ cert: pair.certPem, key: pair.keyPem }));
    },
  }).listen(ports.tlsPort, '127.0.0.1');
  tls.on('tlsClientError', () => {});
  await Promise.all([once(http, 'listening'), once(tls, 'listening')]);
  return {
    shown,
    showing,
    asked,
    async present(challenges) {
      for (const one of challenges) {
        shown.push(one);
        showing.add(one);
        if (one.kind !== 'tls-alpn-01') continue;
        certificates.set(one.name, await makeAlpnCertificate({ ...one, now: timestamp(Date.now()), random: seededBytes() }));
      }
    },
    async remove(challenges) {
      for (const one of challenges) {
        showing.delete(one);
        certificates.delete(one.name);
      }
    },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await Promise.all([new Promise((resolve) => http.close(resolve)), new Promise((resolve) => tls.close(resolve))]);
    },
  };
}
