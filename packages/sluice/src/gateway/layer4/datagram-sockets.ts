/**
 * The sockets of a UDP listener in one worker. An answer must leave from the address that the client asked, which is a socket's own only where it is bound to one: so
 * for "every interface" there is a socket for each address of the machine, and one for the rest (addresses that come, `127.0.0.2`), which
 * Linux prefers last. Each worker has its own on the same port (SO_REUSEPORT): a client's datagrams all reach the same one.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** What of a burst waits in the kernel; the system may allow less. */
const RECEIVE_BYTES = 1024 * 1024;
/** Answers that wait for the network, per socket; more are dropped. */
const SEND_QUEUE_BYTES_MAX = 4 * 1024 * 1024;

export interface DatagramSocketsOptions {
  readonly host: string;
  readonly port: number;
  readonly sharesPort: boolean;
  readonly onDatagram: (socket: AnswerSocket, bytes: Buffer, from: RemoteInfo) => void;
  readonly onError: (error: Error) => void;
}

/** A socket that datagrams come in by; answers leave by the same. */
export class AnswerSocket {
  /** Tells sockets of a listener apart. */
  readonly id: number;
  readonly socket: Socket;

  constructor(id: number, socket: Socket) {
    this.id = id;
    this.socket = socket;
  }

  /** False when it was dropped, because too many wait already. */
  send(bytes: Buffer, port: number, address: string): boolean {
    if (this.socket.getSendQueueSize() > SEND_QUEUE_BYTES_MAX) return false;
    this.socket.send(bytes, port, address, ignore);
    return true;
  }
}

export class DatagramSockets {
  private readonly options: DatagramSocketsOptions;
  private readonly isEverywhere: boolean;
  /** By the address that it is bound to. */
  private readonly open = new Map<string, AnswerSocket>();
  private nextId = 0;
  private isClosed = false;

  constructor(options: DatagramSocketsOptions) {
    this.options = options;
    this.isEverywhere = options.host === '::' || options.host === '0.0.0.0';
  }

  /** Rejects with the system's error when the address cannot be had. */
  async start(): Promise<void> {
    await this.bind(this.options.host);
    if (this.isEverywhere) await this.refresh();
  }

  /** Takes up addresses that came, and gives up those that went. */
  async refresh(): Promise<void> {
    if (!this.isEverywhere || this.isClosed) return;
    const present = addresses(this.options.host === '::');
    for (const [address, { socket }] of this.open) {
      if (address === this.options.host || present.has(address)) continue;
      this.open.delete(address);
      socket.close();
    }
    const fresh = [...present].filter((address) => !this.open.has(address));
    // One that cannot be bound (a duplicate being detected, RFC 4862 §5.4) is served by the socket for the rest until it can.
    await Promise.all(fresh.map((address) => this.bind(address).catch(ignore)));
  }

  close(): void {
    this.isClosed = true;
    for (const { socket } of this.open.values()) socket.close();
    this.open.clear();
  }

  private async bind(address: string): Promise<void> {
    const { port, sharesPort, onDatagram, onError } = this.options;
    const socket = createSocket({
      type: isIPv6(address.split('%')[0]!) ? 'udp6' : 'udp4',
      reusePort: sharesPort,
      recvBufferSize: RECEIVE_BYTES,
      lookup: noLookup,
    });
    const answering = new AnswerSocket(this.nextId++, socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ port, address, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    }).catch((error: unknown) => {
      socket.close();
      throw error;
    });
    if (this.isClosed) return void socket.close();
    this.open.set(address, answering);
    socket.on('error', onError);
    socket.on('message', (bytes, from) => onDatagram(answering, bytes, from));
  }
}

/** Addresses of this machine, link-local ones with their interface. */
function addresses(withIpv6: boolean): Set<string> {
  const found = new Set<string>();
  for (const [name, list] of Object.entries(networkInterfaces())) {
    for (const { address, family, scopeid } of list ?? []) {
      if (family === 'IPv4') found.add(address);
      else if (withIpv6) found.add(scopeid === 0 ? address : `${address}%${name}`);
    }
  }
  return found;
}

/** What is sent to, and bound to, are addresses: nothing is looked up. */
export function noLookup(
  address: string,
  family: unknown,
  done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  done(null, address, family === 6 ? 6 : 4);
}

function ignore(): void {}
