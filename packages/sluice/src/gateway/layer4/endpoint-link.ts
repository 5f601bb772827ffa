/**
 * A connection to an endpoint for one of a client's, from the first attempt on: what goes first (the PROXY header), TLS where the service asks for it, and reads
 * into memory that silent connections do not hold (`relay-memory.ts`).
 */
import type { LookupFunction, Socket } from 'node:net';
import { tls as nodeTls } from '../../io/node-tls.ts';
import type { AddressPlan } from '../../config/plan.ts';
import { resetSocket } from '../reset-socket.ts';
import { dial } from '../upstream/dial.ts';
import type { UpstreamTls } from '../upstream/upstream-tls.ts';
import { writePromptly } from './prompt-write.ts';
import { RelayMemory } from './relay-memory.ts';

/** Where to, and how. */
export interface LinkTarget {
  readonly target: AddressPlan;
  /** Null: in the clear. */
  readonly tls: UpstreamTls | null;
  readonly resolver: { readonly lookup: LookupFunction };
  /** Sent before anything else, in the clear; null: nothing. */
  readonly preface: Uint8Array | null;
}

/** Who is told. `stream.ts` is it. */
export interface LinkOwner {
  onConnected(): void;
  /** @returns Whether the bytes' memory is still needed. */
  onEndpointBytes(bytes: Buffer): boolean;
  /** More can be written. */
  onEndpointDrain(): void;
  onEndpointEnd(): void;
  onEndpointError(error: NodeJS.ErrnoException): void;
  /** Nothing will come or go any more. */
  onClosed(): void;
}

const NO_PROTOCOLS: readonly string[] = [];

/** Once destroyed it says nothing more. */
export class EndpointLink {
  private readonly owner: LinkOwner;
  /** The TLS session, once there is one on it. */
  private socket: Socket;
  private readonly transport: Socket;
  private readonly memory = new RelayMemory();
  private isGone = false;
  private hasWritten = false;

  constructor(owner: LinkOwner, to: LinkTarget) {
    this.owner = owner;
    const { preface, tls } = to;
    const isWrapped = preface !== null && tls !== null;
    const onread = { buffer: this.memory.next, callback: (size: number, memory: Uint8Array) => this.onRead(memory as Buffer, size) };
    const { socket, ready } = dial(isWrapped ? { ...to, tls: null } : to, NO_PROTOCOLS, isWrapped ? null : onread, isWrapped);
    this.socket = socket;
    this.transport = socket;
    if (preface !== null) this.write(preface);
    if (isWrapped) this.wrap(socket, tls);
    else this.listen(ready);
  }

  /** Everything written has been handed to the system. */
  get isFlushed(): boolean {
    return this.socket.writableLength === 0;
  }

  get isClosed(): boolean {
    return this.socket.destroyed;
  }

  get isTls(): boolean {
    return 'encrypted' in this.socket;
  }

  /** @returns Whether the socket takes more. */
  write(bytes: Uint8Array): boolean {
    if (!this.socket.writable) return true;
    const isFirst = !this.hasWritten;
    this.hasWritten = true;
    return writePromptly(this.socket, bytes, isFirst);
  }

  end(): void {
    this.socket.end();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** @param withReset What came is not the whole. */
  destroy(withReset: boolean): void {
    this.isGone = true;
    if (withReset) resetSocket(this.socket, this.transport);
    else this.socket.destroy();
    this.memory.release();
  }

  private listen(ready: 'connect' | 'secureConnect'): void {
    const { owner, socket } = this;
    socket.allowHalfOpen = true;
    socket.on(ready, () => {
      if (!this.isGone) owner.onConnected();
    });
    socket.on('drain', () => {
      if (!this.isGone) owner.onEndpointDrain();
    });
    socket.on('end', () => {
      if (!this.isGone) owner.onEndpointEnd();
    });
    socket.on('error', (error) => {
      if (!this.isGone) owner.onEndpointError(error);
    });
    socket.on('close', () => {
      if (!this.isGone) owner.onClosed();
    });
  }

  /** TLS behind a header in the clear. Such a session has no memory of its own to read to. */
  private wrap(plain: Socket, tls: UpstreamTls): void {
    plain.on('error', (error) => {
      if (!this.isGone) this.owner.onEndpointError(error);
    });
    plain.on('connect', () => {
      if (this.isGone) return;
      const session = nodeTls().connect({ ...tls.options(NO_PROTOCOLS), socket: plain });
      tls.watch(session);
      this.socket = session;
      this.listen('secureConnect');
      session.on('data', (chunk: Buffer) => {
        if (!this.isGone) this.owner.onEndpointBytes(chunk);
      });
    });
  }

  /** @returns True: read on. */
  private onRead(memory: Buffer, size: number): boolean {
    if (this.isGone) return true;
    const isKept = this.owner.onEndpointBytes(this.memory.taken(memory, size));
    this.memory.done(size, isKept);
    return true;
  }
}

/** Whether this machine has run out of something: descriptors, ports, memory for sockets. */
export function isExhaustion({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EMFILE' || code === 'ENFILE' || code === 'EADDRNOTAVAIL' || code === 'ENOBUFS' || code === 'ENOMEM';
}
