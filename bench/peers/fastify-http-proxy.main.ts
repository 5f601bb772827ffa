/** The program: `PORT TARGET`, where the target is a port or the path of a unix socket. */
import fastifyProxy from '@fastify/http-proxy';
import fastify from 'fastify';

const [port = '0', target = '0'] = process.argv.slice(2);
const upstream = target.startsWith('/') ? `unix+http://${encodeURIComponent(target)}` : `http://127.0.0.1:${target}`;
const server = fastify({ keepAliveTimeout: 300_000, bodyLimit: 1024 ** 3 });
await server.register(fastifyProxy, { upstream, undici: { connections: 128, pipelining: 1 } });
await server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
