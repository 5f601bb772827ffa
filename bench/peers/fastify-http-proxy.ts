/** @fastify/http-proxy: Fastify in front, undici behind. */
import { fileURLToPath } from 'node:url';
import { freePort, start, waitForListener } from '../processes.ts';
import type { SubjectKind } from './subject.ts';
import { packageVersion } from './versions.ts';

const program = fileURLToPath(new URL('fastify-http-proxy.main.ts', import.meta.url));

export const fastifyHttpProxy: SubjectKind = {
  name: '@fastify/http-proxy',
  version: () => packageVersion('@fastify/http-proxy'),
  async start({ origin, upstream }) {
    const port = await freePort();
    const target = upstream === 'tcp' ? String(origin.port) : origin.socketPath;
    const started = start('fastify-log', process.execPath, [program, String(port), target]);
    await waitForListener(started, port);
    return { name: '@fastify/http-proxy', port, started };
  },
};
