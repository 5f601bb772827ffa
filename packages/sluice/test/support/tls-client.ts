/** A TLS client for black-box tests: one look at what a listener shows, and HTTPS requests one after the other under a name. */
import { Agent, request } from 'node:https';
import { connect, type PeerCertificate } from 'node:tls';

export interface TlsLook {
  readonly port: number;
  readonly serverName: string;
  readonly ca: string;
}

/** The certificate that a verified handshake shows; rejects when there is none, or it is not trusted, or it is for another name. */
export function peerCertificate({ port, serverName, ca }: TlsLook): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: serverName, ca, timeout: 5_000 });
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once('timeout', () => socket.destroy(new Error('no handshake within 5 s')));
    socket.once('error', reject);
  });
}

export interface TlsLoad {
  /** Requests answered, by the serial number of the certificate that their connection had. */
  readonly answered: Map<string, number>;
  readonly failures: string[];
  /** @returns When every lane has ended. */
  stop(): Promise<void>;
}

/** Sends GET requests in lanes; every other lane opens a connection for each. Whatever is not a 200 over a verified connection is a failure. */
export function startTlsLoad(look: TlsLook, lanes: number): TlsLoad {
  const answered = new Map<string, number>();
  const failures: string[] = [];
  let isRunning = true;
  const one = (agent: Agent): Promise<void> =>
    new Promise((resolve) => {
      const { port, serverName, ca } = look;
      const sent = request({ port, host: '127.0.0.1', servername: serverName, ca, agent, timeout: 5_000, headers: { host: serverName } });
      sent.on('response', (reply) => {
        const { serialNumber } = (reply.socket as unknown as { getPeerCertificate(): PeerCertificate }).getPeerCertificate();
        reply.resume().on('end', () => {
          if (reply.statusCode === 200) answered.set(serialNumber, (answered.get(serialNumber) ?? 0) + 1);
          else failures.push(`status ${reply.statusCode}`);
          resolve();
        });
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer within 5 s')));
      sent.on('error', (error) => {
        failures.push(error.message);
        resolve();
      });
      sent.end();
    });
  const run = async (lane: number): Promise<void> => {
    // A session that is resumed shows no certificate: each connection is a whole handshake.
    const agent = new Agent({ keepAlive: lane % 2 === 0, maxSockets: 1, maxCachedSessions: 0 });
    while (isRunning) await one(agent);
    agent.destroy();
  };
  const all = Array.from({ length: lanes }, (_, lane) => run(lane));
  return {
    answered,
    failures,
    async stop() {
      isRunning = false;
      await Promise.all(all);
    },
  };
}
