/** Caddy: one core's worth of Go (`GOMAXPROCS`), no access log, no admin API, no TLS. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, start, temporaryDirectory, waitForListener } from '../processes.ts';
import type { SubjectKind } from './subject.ts';
import { programVersion } from './versions.ts';

export const caddy: SubjectKind = {
  name: 'Caddy',
  version: () => programVersion('caddy', ['version'])?.split(' ')[0] ?? null,
  async start({ origin, upstream, workers }) {
    const directory = temporaryDirectory('caddy');
    const port = await freePort();
    const file = join(directory, 'Caddyfile');
    const to = upstream === 'tcp' ? `127.0.0.1:${origin.port}` : `unix/${origin.socketPath}`;
    const transport = 'transport http {\n      keepalive 300s\n      keepalive_idle_conns_per_host 128\n    }';
    writeFileSync(
      file,
      `{\n  admin off\n  auto_https off\n}\nhttp://127.0.0.1:${port}, http://localhost:${port} {\n  reverse_proxy ${to} {\n    ${transport}\n  }\n}\n`,
    );
    const environment = { GOMAXPROCS: String(workers), HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory };
    const started = start('caddy-log', 'caddy', ['run', '--config', file, '--adapter', 'caddyfile'], environment);
    await waitForListener(started, port);
    return { name: 'Caddy', port, started };
  },
};
