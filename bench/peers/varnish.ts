/** Varnish as it comes: hits in memory, its log in shared memory. */
import { freePort, start, temporaryDirectory, waitForListener } from '../processes.ts';
import type { SubjectKind } from './subject.ts';
import { programVersion } from './versions.ts';

export const varnish: SubjectKind = {
  name: 'Varnish',
  version: () => programVersion('varnishd', ['-V'])?.split('\n')[0] ?? null,
  async start({ origin }) {
    const directory = temporaryDirectory('varnish');
    const port = await freePort();
    const listen = ['-a', `127.0.0.1:${port}`, '-b', `127.0.0.1:${origin.port}`];
    const started = start('varnish-log', 'varnishd', [
      '-F',
      '-j',
      'none',
      '-n',
      directory,
      '-s',
      'malloc,256m',
      '-p',
      'thread_pools=1',
      ...listen,
    ]);
    await waitForListener(started, port);
    return { name: 'Varnish', port, started };
  },
};
