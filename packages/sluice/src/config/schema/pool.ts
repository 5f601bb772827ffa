/** Upstream connections: how many, how long kept, how long waited for. Per endpoint and worker, unless said otherwise. */
import { http1Limits } from './http1.ts';
import { duration, whole } from './scalar.ts';
import { preset, section } from './section.ts';

/** The pool of a service. */
export const poolSchema = section('an object about upstream connections', {
  connectionsMax: whole(1, 65_535)
    .default(10_000)
    .describe(
      'Connections to one endpoint, per worker. As many as a listener takes by default: a slow upload holds one, and must not keep others from being served.',
    ),
  waitingMax: whole(0, 1_000_000)
    .default(1024)
    .describe('Requests that may wait for a connection, per service and worker. More are answered with 503.'),
  waitTimeout: preset(duration('1ms', '1h'), '5s').describe('How long a request waits for a connection.'),
  idleMax: whole(0, 65_535)
    .default(256)
    .describe('Idle connections kept to one endpoint, per worker; more are closed after a second. 0 keeps none.'),
  idleTimeout: preset(duration('1ms', '24h'), '4s').describe(
    'How long an idle connection is kept. Stay below the keep-alive timeout of the service (Node.js: 5 s): then no request meets a connection that is being closed.',
  ),
  connectTimeout: preset(duration('1ms', '10m'), '3s').describe('For opening a connection.'),
  bodyIdle: preset(duration('10ms', '24d'), '60s').describe(
    'Silence of an endpoint in the middle of a body. For server-sent events, `upgradeIdle` of the listener if that is longer.',
  ),
  http2: preset(
    section('an object about HTTP/2 to endpoints', {
      connectionsMax: whole(1, 1024).default(4).describe('HTTP/2: connections to one endpoint, per worker.'),
      streamsMax: whole(1, 10_000).default(100).describe('HTTP/2: requests on one connection at once; fewer where the endpoint says so.'),
    }).meta({ id: 'PoolHttp2', title: 'HTTP/2 to endpoints', description: 'Many requests share a connection.' }),
    {},
  ).describe('How HTTP/2 connections are shared.'),
  limits: preset(http1Limits(), {}).describe('How large a response head may be. More is answered with 502.'),
}).meta({ id: 'Pool', title: 'Pool', description: 'Upstream connections.' });
