/** Compiles listeners: the kind that the address was written under, with what belongs to it. */
import { compileHttp1 } from './compile-http1.ts';
import { compileTls } from './compile-tls.ts';
import type {
  DatagramListenerPlan,
  ForwardProxyListenerPlan,
  HttpListenerPlan,
  KernelPlan,
  ListenerPlan,
  ProxyProtocolPlan,
  StreamListenerPlan,
  StreamTarget,
} from './plan.ts';
import type { ValidConfig } from './schema/config.ts';

type ValidListener = ValidConfig['listeners'][string];

/** Taken from clients, in order of preference (RFC 7301 §6); a client that speaks HTTP/1.0 alone says so. */
const ALPN_HTTP1 = ['http/1.1', 'http/1.0'];
const ALPN_HTTP2 = ['h2', ...ALPN_HTTP1];

/**
 * Compiles one listener.
 * @param table Of kernel listeners.
 */
export function compileListener(name: string, listener: ValidListener, table: string): ListenerPlan {
  switch (listener.kind) {
    case 'http':
      return compileHttp(name, listener);
    case 'stream':
      return compileStream(name, listener, table);
    case 'datagram':
      return compileDatagram(name, listener, table);
    case 'forward':
      return compileForwardProxy(name, listener);
  }
}

function compileHttp(name: string, listener: ValidListener): HttpListenerPlan {
  const { timeouts, forwarding } = listener;
  return {
    kind: 'http',
    name,
    address: listener.address.address,
    tls: listener.tls && compileTls(listener.tls, listener.http2 === null ? ALPN_HTTP1 : ALPN_HTTP2),
    proxyProtocol: compileProxyProtocol(listener.proxyProtocol),
    http1: compileHttp1(listener.limits),
    http2: listener.http2 && {
      streamsMax: listener.http2.streamsMax,
      streamWindowBytes: listener.http2.streamWindow,
      connectionWindowBytes: listener.http2.connectionWindow,
    },
    timeouts: {
      headerMs: timeouts.header,
      keepAliveMs: timeouts.keepAlive,
      bodyIdleMs: timeouts.bodyIdle,
      bodyRateMin: timeouts.bodyRateMin,
      bodyGraceMs: timeouts.bodyGrace,
      upgradeIdleMs: timeouts.upgradeIdle,
    },
    forwarding: {
      trustedProxies: forwarding.trustedProxies,
      headers: forwarding.headers,
      via: forwarding.via === false ? null : forwarding.via,
      requestId: forwarding.requestId,
    },
    connectionsMax: listener.connectionsMax,
    mergeSlashes: listener.mergeSlashes,
    encodedSlashes: listener.encodedSlashes,
    redirectToHttps: listener.redirectToHttps,
  };
}

function compileStream(name: string, listener: ValidListener, table: string): StreamListenerPlan {
  const { timeouts } = listener;
  return {
    kind: 'stream',
    name,
    address: listener.address.address,
    tls: listener.tls && compileTls(listener.tls, []),
    readsServerName: listener.readsServerName,
    proxyProtocol: compileProxyProtocol(listener.proxyProtocol),
    targets: compileTargets(listener.to),
    engine: listener.engine,
    kernel: listener.engine === 'kernel' ? compileKernel(listener, table, 'keep') : null,
    timeouts: { handshakeMs: timeouts.hello, idleMs: timeouts.idle, halfClosedMs: timeouts.halfClosed },
    connectionsMax: listener.connectionsMax,
    connectionsPerSourceMax: listener.connectionsPerSourceMax,
  };
}

function compileDatagram(name: string, listener: ValidListener, table: string): DatagramListenerPlan {
  return {
    kind: 'datagram',
    name,
    address: listener.address.address,
    targets: compileTargets(listener.to),
    engine: listener.engine,
    kernel: listener.engine === 'kernel' ? compileKernel(listener, table, 'cut') : null,
    sessionMs: listener.timeouts.session,
    sessionsMax: listener.connectionsMax,
    sessionsPerSourceMax: listener.connectionsPerSourceMax,
    answersMax: listener.answersMax,
  };
}

function compileForwardProxy(name: string, listener: ValidListener): ForwardProxyListenerPlan {
  const { allow = [], deny, allowPrivate, clients, basic, via, timeouts } = listener;
  return {
    kind: 'forward',
    name,
    address: listener.address.address,
    tls: listener.tls && compileTls(listener.tls, ALPN_HTTP1),
    proxyProtocol: compileProxyProtocol(listener.proxyProtocol),
    http1: compileHttp1(listener.limits),
    rules: { allow, deny, allowPrivate, clients, basic, via },
    timeouts: {
      headerMs: timeouts.header,
      keepAliveMs: timeouts.keepAlive,
      bodyIdleMs: timeouts.bodyIdle,
      bodyRateMin: timeouts.bodyRateMin,
      bodyGraceMs: timeouts.bodyGrace,
      responseMs: timeouts.response,
      resolveMs: timeouts.resolve,
      connectMs: timeouts.connect,
      idleMs: timeouts.idle,
      halfClosedMs: timeouts.halfClosed,
      lifetimeMs: timeouts.lifetime,
    },
    connectionsMax: listener.connectionsMax,
    connectionsPerSourceMax: listener.connectionsPerSourceMax,
  };
}

/** A TCP connection may outlive its endpoint's health; a UDP session that stays with a dead endpoint is of use to nobody. */
function compileKernel({ masquerade, onDown }: ValidListener, table: string, onDownDefault: KernelPlan['onDown']): KernelPlan {
  return { table, masquerade, onDown: onDown ?? onDownDefault };
}

/** `*` means any name, and none. */
function compileTargets(to: ValidListener['to']): readonly StreamTarget[] {
  if (to === undefined) return [];
  if ('services' in to) return [{ serverNames: [], services: to.services }];
  return Object.entries(to.serverNames).map(([name, services]) => ({ serverNames: name === '*' ? [] : [name], services }));
}

function compileProxyProtocol(given: ValidListener['proxyProtocol']): ProxyProtocolPlan | null {
  return given && { trusted: given.trusted, version: given.version, timeoutMs: given.timeout };
}
