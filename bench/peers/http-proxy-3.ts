/** http-proxy-3, the maintained successor of node-http-proxy, with a keep-alive agent (without one it opens a connection per request). */
import { fileURLToPath } from 'node:url';
import { freePort, start, waitForListener } from '../processes.ts';
import type { SubjectKind } from './subject.ts';
import { packageVersion } from './versions.ts';

const program = fileURLToPath(new URL('http-proxy-3.main.ts', import.meta.url));

export const httpProxy3: SubjectKind = {
  name: 'http-proxy-3',
  version: () => packageVersion('http-proxy-3'),
  async start({ origin, upstream }) {
    const port = await freePort();
    const target = upstream === 'tcp' ? String(origin.port) : origin.socketPath;
    const started = start('http-proxy-3-log', process.execPath, [program, String(port), target]);
    await waitForListener(started, port);
    return { name: 'http-proxy-3', port, started };
  },
};
