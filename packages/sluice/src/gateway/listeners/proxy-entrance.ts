/**
 * Where connections stand until the PROXY protocol header has come (haproxy, doc/proxy-protocol.txt), which is mandatory where it is on, and believed of proxies
 * that the plan names only: who can send it can be anybody.
 */
import type { ProxyProtocolPlan } from '../../config/plan.ts';
import type { ProxyHeader } from '../../core/proxy-protocol/header.ts';
import { ProxyHeaderReader } from '../../core/proxy-protocol/reader.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import { AddressList, unmapped } from '../address-list.ts';
import type { Peer } from '../tls/tls-handshake.ts';
import type { ClientConnection } from './arrival.ts';

/** Whose connections they are. `entry.ts` is it. */
export interface ProxyOwner {
  /** The header has come: this is who is there. What came after it can be read from the socket again. */
  onHeader(connection: ProxiedConnection, peer: Peer): void;
  onRefused(peer: Peer, why: string): void;
  onClosed(connection: ProxiedConnection, reason: CloseReason): void;
}

/** The proxies that are believed, compiled once. */
export class ProxyRules {
  readonly plan: ProxyProtocolPlan;
  private readonly trusted: AddressList;

  constructor(plan: ProxyProtocolPlan) {
    this.plan = plan;
    this.trusted = new AddressList(plan.trusted);
  }

  /** A peer on a unix socket is on this machine, and was let in by the file's mode. */
  trusts(address: string | undefined): boolean {
    return address === undefined || this.trusted.has(unmapped(address));
  }
}

export class ProxiedConnection implements ClientConnection {
  readonly peer: Peer;
  deadline: number;
  sweepIndex = -1;
  readonly isIdle = true;
  private readonly owner: ProxyOwner;
  private readonly reader: ProxyHeaderReader;
  private reason: CloseReason = 'normal';
  private isOver = false;

  constructor(owner: ProxyOwner, peer: Peer, rules: ProxyRules, deadline: number) {
    this.owner = owner;
    this.peer = peer;
    this.deadline = deadline;
    this.reader = new ProxyHeaderReader({ versions: rules.plan.version });
    const { socket } = peer;
    socket.on('data', this.onData);
    socket.on('end', this.onEnd);
    socket.on('error', ignore);
    socket.on('close', this.onClose);
  }

  announceClose(): void {}

  cut(reason: CloseReason): void {
    this.reason = reason;
    this.peer.socket.destroy();
  }

  onDeadline(): void {
    this.refuse('the header did not come in time', 'timeout');
  }

  private readonly onData = (bytes: Buffer): void => {
    const reading = this.reader.feed(bytes);
    if (reading.kind === 'refused') return this.refuse(reading.fault.what, 'error');
    if (reading.kind === 'header') this.finish(reading.header, bytes.subarray(reading.next));
  };

  private readonly onEnd = (): void => void this.peer.socket.destroy();

  private readonly onClose = (): void => {
    if (this.isOver) return;
    this.isOver = true;
    this.owner.onClosed(this, this.reason);
  };

  private finish(header: ProxyHeader, rest: Buffer): void {
    const { socket } = this.peer;
    this.isOver = true;
    socket.off('data', this.onData);
    socket.off('end', this.onEnd);
    socket.off('close', this.onClose);
    socket.pause();
    if (rest.length > 0) socket.unshift(rest);
    socket.resume(); // in the next turn, when whoever wants the bytes has said so
    this.owner.onHeader(this, this.named(header));
  }

  /** There was no room after the header. */
  abandon(): void {
    this.owner.onClosed(this, 'error');
    this.peer.socket.destroy();
  }

  /** A proxy that speaks for itself (LOCAL) is its own client. */
  private named({ source }: ProxyHeader): Peer {
    const { socket } = this.peer;
    if (source === null) return this.peer;
    return source.kind === 'ip' ? { socket, address: source.address, port: source.port } : { socket, address: undefined, port: undefined };
  }

  private refuse(why: string, reason: CloseReason): void {
    this.reason = reason;
    this.owner.onRefused(this.peer, why);
    this.peer.socket.destroy();
  }
}

function ignore(): void {}
