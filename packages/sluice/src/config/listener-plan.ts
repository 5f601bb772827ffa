/** Listeners as the data planes run them: one shape per kind. Part of the Plan (`plan.ts`), with its units and its promises. */
import type { ForwardProxyRulesPlan, ForwardProxyTimeouts } from './forward-proxy-plan.ts';
import type { TlsPlan } from './tls-plan.ts';

/** A TCP address or a unix socket path. */
export type AddressPlan =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** An address that accepts connections, datagrams or requests. */
export type ListenerPlan = HttpListenerPlan | StreamListenerPlan | DatagramListenerPlan | ForwardProxyListenerPlan;

/** HTTP/1.1 and HTTP/2, in the clear or behind TLS. */
export interface HttpListenerPlan {
  readonly kind: 'http';
  readonly name: string;
  readonly address: AddressPlan;
  /** Null: in the clear. */
  readonly tls: TlsPlan | null;
  readonly proxyProtocol: ProxyProtocolPlan | null;
  readonly http1: Http1Limits;
  /** Null: HTTP/1 only. Behind TLS it is agreed on by ALPN, in the clear by prior knowledge. */
  readonly http2: Http2Plan | null;
  readonly timeouts: DownstreamTimeouts;
  readonly forwarding: ForwardingPlan;
  /** Connections per listener and worker; more are closed at once and counted. Default 10,000. */
  readonly connectionsMax: number;
  /** Joins `//` in paths into `/`. Default false. */
  readonly mergeSlashes: boolean;
  /** What to do with `%2F` and `%5C` in a path: `reject` (400, default) or `keep` them as they are. */
  readonly encodedSlashes: 'reject' | 'keep';
  /** Every request is sent to the same place under https; ACME challenges are answered first. Null: none. */
  readonly redirectToHttps: { readonly status: 301 | 302 | 307 | 308; readonly port: number } | null;
}

/** Layer 4: connections are passed on as they are, or behind TLS that ends here. */
export interface StreamListenerPlan {
  readonly kind: 'stream';
  readonly name: string;
  readonly address: AddressPlan;
  /** TLS that ends here; null: bytes are passed on as they come. */
  readonly tls: TlsPlan | null;
  /** Whether the TLS hello is read to route by its server name (without ending TLS here). */
  readonly readsServerName: boolean;
  readonly proxyProtocol: ProxyProtocolPlan | null;
  /** In order; without `readsServerName` or `tls` there is one, for any name. */
  readonly targets: readonly StreamTarget[];
  /** `kernel`: nftables rules, written by the control plane; the workers do not listen. */
  readonly engine: 'user' | 'kernel';
  /** Null: engine `user`. */
  readonly kernel: KernelPlan | null;
  readonly timeouts: StreamTimeouts;
  readonly connectionsMax: number;
  /** Connections at once from one source address, per worker; 0 = no bound. */
  readonly connectionsPerSourceMax: number;
}

/** UDP: datagrams of one source go to one endpoint until the session is silent for long. */
export interface DatagramListenerPlan {
  readonly kind: 'datagram';
  readonly name: string;
  readonly address: AddressPlan;
  readonly targets: readonly StreamTarget[];
  readonly engine: 'user' | 'kernel';
  /** Null: engine `user`. */
  readonly kernel: KernelPlan | null;
  /** Silence after which a session is forgotten. Default 30 s. */
  readonly sessionMs: number;
  /** Sessions per worker. */
  readonly sessionsMax: number;
  /** Sessions at once from one source address, per worker; 0 = no bound. */
  readonly sessionsPerSourceMax: number;
  /** Answers after which a session ends at once (1 for DNS); 0 = none. */
  readonly answersMax: number;
}

/** A proxy that clients name as theirs, for requests that go out: CONNECT, and `http://` in absolute form. */
export interface ForwardProxyListenerPlan {
  readonly kind: 'forward';
  readonly name: string;
  readonly address: AddressPlan;
  /** Null: in the clear. */
  readonly tls: TlsPlan | null;
  readonly proxyProtocol: ProxyProtocolPlan | null;
  readonly http1: Http1Limits;
  readonly rules: ForwardProxyRulesPlan;
  readonly timeouts: ForwardProxyTimeouts;
  readonly connectionsMax: number;
  /** Connections at once from one source address, per worker; 0 = no bound. */
  readonly connectionsPerSourceMax: number;
}

/** What only the kernel has to know. */
export interface KernelPlan {
  /** The nftables table is `sluice_NAME`; the same for all listeners. */
  readonly table: string;
  /** Whose address endpoints see: `always` ours, `never` the client's, `auto` the client's where replies find back. */
  readonly masquerade: 'auto' | 'always' | 'never';
  /** What happens to the connections of an endpoint that goes down. */
  readonly onDown: 'keep' | 'cut';
}

/** Where connections go. */
export interface StreamTarget {
  /** Lower case; `example.com` or `*.example.com`; empty means any, also none. */
  readonly serverNames: readonly string[];
  readonly services: readonly { readonly service: string; readonly weight: number }[];
}

export interface StreamTimeouts {
  /** For the PROXY header, the TLS hello and the handshake together. Default 10 s. */
  readonly handshakeMs: number;
  /** Silence both ways. Default 1 h. */
  readonly idleMs: number;
  /** Silence once one side has ended. Default 30 s. */
  readonly halfClosedMs: number;
}

/** The PROXY protocol is expected of these peers, and of no one else. */
export interface ProxyProtocolPlan {
  /** CIDRs; a connection from elsewhere is refused. */
  readonly trusted: readonly string[];
  readonly version: 'v1' | 'v2' | 'any';
  /** For the header to come. Default 5 s. */
  readonly timeoutMs: number;
}

export interface Http2Plan {
  /** Streams of one connection at once. Default 100. */
  readonly streamsMax: number;
  /** Receive windows: how much content a client may send ahead. Defaults 256 KiB and 1 MiB. */
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
}

/** RFC 9112 leaves limits to us; each is answered with 414 or 431 and a close, never by cutting. */
export interface Http1Limits {
  /** Method, target, version and CRLF. Default 8 KiB. */
  readonly requestLineBytesMax: number;
  /** All field lines together, CRLFs included. Default 32 KiB. */
  readonly headerBytesMax: number;
  /** Field lines. Default 100. */
  readonly headersMax: number;
  /** All trailer field lines together. Default 8 KiB. */
  readonly trailerBytesMax: number;
  /** Chunk extensions of one message together (they are dropped). Default 4 KiB. */
  readonly chunkExtensionBytesMax: number;
}

export interface DownstreamTimeouts {
  /** From the first byte of a request (or the accept) to the end of its head. Absolute. Default 10 s. */
  readonly headerMs: number;
  /** Between two requests of a connection. Default 75 s. */
  readonly keepAliveMs: number;
  /** Between two reads of a request body, or two writes that make progress on a reply. Default 30 s. */
  readonly bodyIdleMs: number;
  /** Below this mean rate, after `bodyGraceMs`, a request body is too slow. 0 = off. Default 240 bytes/s. */
  readonly bodyRateMin: number;
  readonly bodyGraceMs: number;
  /** Silence on an upgraded connection, both ways. Default 1 h. */
  readonly upgradeIdleMs: number;
}

export interface ForwardingPlan {
  /** CIDRs whose X-Forwarded-*, Forwarded and X-Request-Id are believed. Default none. */
  readonly trustedProxies: readonly string[];
  /** `x-forwarded` (default), `forwarded` (RFC 7239), `both` or `none`. */
  readonly headers: 'x-forwarded' | 'forwarded' | 'both' | 'none';
  /** Adds `Via: 1.1 NAME` both ways; null adds none. Default `sluice`. */
  readonly via: string | null;
  /** Sets X-Request-Id where a trusted peer sent none. Default true. */
  readonly requestId: boolean;
}
