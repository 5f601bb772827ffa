/** How we speak HTTP/2: what a listener's plan, or a pool's, means for a session. */
import { INT31_MAX } from '../core/http2/frame.ts';
import { SESSION_DEFAULTS, type SessionOptions } from '../core/http2/session-sink.ts';
import type { HttpListenerPlan, PoolPlan } from '../config/plan.ts';

/**
 * Receive window of a stream from an endpoint: what one client that does not read can make us hold. At 1 ms round trip a reply runs at 128 MB/s. The connection's is as
 * much for each stream, so that clients that do not read never stop the others.
 */
const UPSTREAM_WINDOW_BYTES = 128 * 1024;

/** For a session with a client. */
export function downstreamOptions({ http1, http2, timeouts }: HttpListenerPlan, isTls: boolean): SessionOptions {
  return {
    ...SESSION_DEFAULTS,
    streamsMax: http2?.streamsMax ?? SESSION_DEFAULTS.streamsMax,
    streamWindowBytes: http2?.streamWindowBytes ?? SESSION_DEFAULTS.streamWindowBytes,
    connectionWindowBytes: http2?.connectionWindowBytes ?? SESSION_DEFAULTS.connectionWindowBytes,
    headerBytesMax: http1.headerBytesMax,
    requestLineBytesMax: http1.requestLineBytesMax,
    headersMax: http1.headersMax,
    allowsExtendedConnect: true,
    scheme: isTls ? 'https' : 'http',
    settingsTimeoutMs: timeouts.headerMs,
    stallTimeoutMs: timeouts.bodyIdleMs,
  };
}

/** For a session with an endpoint. */
export function upstreamOptions({ http1, http2, bodyIdleMs, connectTimeoutMs }: PoolPlan, isTls: boolean): SessionOptions {
  return {
    ...SESSION_DEFAULTS,
    role: 'client',
    streamsMax: http2.streamsMax,
    streamWindowBytes: UPSTREAM_WINDOW_BYTES,
    connectionWindowBytes: Math.min(http2.streamsMax * UPSTREAM_WINDOW_BYTES, INT31_MAX),
    headerBytesMax: http1.headerBytesMax,
    requestLineBytesMax: http1.requestLineBytesMax,
    headersMax: http1.headersMax,
    scheme: isTls ? 'https' : 'http',
    settingsTimeoutMs: SESSION_DEFAULTS.settingsTimeoutMs + connectTimeoutMs, // it begins with the dialling
    stallTimeoutMs: bodyIdleMs,
  };
}
