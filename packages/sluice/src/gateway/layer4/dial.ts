/**
 * One attempt to reach an endpoint for a connection, and what carries it once it stands. Reads go to memory of the connection's own, small until
 * much comes at once (`upstream/read-buffer.ts`).
 */
import { connect, type LookupFunction, type Socket } from 'node:net';
import type { EndpointPlan, ServicePlan } from '../../config/plan.ts';
import { ReadBuffer } from '../upstream/read-buffer.ts';

/** Who is told. `stream.ts` is it. */
export interface UpstreamSide {
  onConnected(): void;
  /** @returns Whether the bytes' memory is still needed. */
  onUpstreamBytes(bytes: Buffer): boolean;
  /** More can be written. */
  onUpstreamDrain(): void;
  onUpstreamEnd(): void;
  /** It failed; the reason is one of many. */
  onUpstreamError(): void;
  /** Nothing will come or go any more. */
  onClosed(): void;
}

/** The same for both sides. */
const HIGH_WATER_MARK = 64 * 1024;

/** A connection to an endpoint, from the first attempt on. Once destroyed it says nothing more. */
export class Dialled {
  private readonly side: UpstreamSide;
  private readonly socket: Socket;
  private readonly memory = new ReadBuffer();
  private isGone = false;

  constructor(side: UpstreamSide, endpoint: EndpointPlan, resolver: { readonly lookup: LookupFunction }) {
    this.side = side;
    const { target } = endpoint;
    const onread = { buffer: this.memory.next, callback: (size: number, memory: Uint8Array) => this.onRead(memory as Buffer, size) };
    const common = { onread, allowHalfOpen: true, highWaterMark: HIGH_WATER_MARK };
    this.socket =
      target.kind === 'unix'
        ? connect({ path: target.path, ...common })
        : connect({ host: target.host, port: target.port, noDelay: true, ...common, ...resolver });
    this.socket.on('connect', () => !this.isGone && side.onConnected());
    this.socket.on('drain', () => !this.isGone && side.onUpstreamDrain());
    this.socket.on('end', () => !this.isGone && side.onUpstreamEnd());
    this.socket.on('error', () => !this.isGone && side.onUpstreamError());
    this.socket.on('close', () => !this.isGone && side.onClosed());
  }

  /** Everything written has been handed to the system. */
  get isFlushed(): boolean {
    return this.socket.writableLength === 0;
  }

  /** @returns Whether the socket takes more. */
  write(bytes: Uint8Array): boolean {
    return !this.socket.writable || this.socket.write(bytes);
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

  get isClosed(): boolean {
    return this.socket.destroyed;
  }

  /** @param withReset What came is not the whole. */
  destroy(withReset: boolean): void {
    this.isGone = true;
    if (withReset) resetSocket(this.socket);
    else this.socket.destroy();
  }

  /** @returns True: read on. */
  private onRead(memory: Buffer, size: number): boolean {
    this.memory.filled(size);
    if (!this.isGone && this.side.onUpstreamBytes(memory.subarray(0, size))) this.memory.keep();
    return true;
  }
}

/** Closes so that the peer cannot take it for an end: with a reset, where there is such a thing. */
export function resetSocket(socket: Socket): void {
  // Node resets nothing but TCP itself: a unix socket and a TLS session have no port of their own.
  if (socket.remotePort === undefined || 'encrypted' in socket) socket.destroy();
  else socket.resetAndDestroy();
}

export function dial(
  side: UpstreamSide,
  endpoint: EndpointPlan,
  _service: ServicePlan,
  resolver: { readonly lookup: LookupFunction },
): Dialled {
  return new Dialled(side, endpoint, resolver);
}
