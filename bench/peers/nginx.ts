/** nginx as a reverse proxy: one worker process, kept-alive upstream connections, streaming both ways (what Sluice does). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, start, temporaryDirectory, waitForListener } from '../processes.ts';
import type { SubjectKind, SubjectOptions } from './subject.ts';
import { programVersion } from './versions.ts';

export const nginx: SubjectKind = {
  name: 'nginx',
  version: () => programVersion('nginx', ['-v'])?.replace('nginx version: ', '') ?? null,
  async start(options) {
    const directory = temporaryDirectory('nginx');
    const port = await freePort();
    const file = join(directory, 'nginx.conf');
    writeFileSync(file, nginxConfiguration(directory, port, options, '    location / { proxy_pass http://origin; }'));
    const started = start('nginx-log', 'nginx', ['-c', file, '-p', directory, '-g', 'daemon off;']);
    await waitForListener(started, port);
    return { name: 'nginx', port, started };
  },
};

const SAME_HEADERS = `    proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header Via "1.1 nginx"; proxy_set_header X-Request-Id $request_id; add_header Via "1.1 nginx";`;

/** The whole configuration file, with the given locations. */
export function nginxConfiguration(directory: string, port: number, options: SubjectOptions, locations: string): string {
  const server = options.upstream === 'tcp' ? `127.0.0.1:${options.origin.port}` : `unix:${options.origin.socketPath}`;
  return `user root; worker_processes ${options.workers}; pid ${directory}/pid; error_log stderr crit; worker_rlimit_nofile 20000;
events { worker_connections 16000; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s; client_max_body_size 0; server_tokens off;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; variables_hash_max_size 4096;
  upstream origin { server ${server}; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096${options.workers > 1 ? ' reuseport' : ''};
    proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
${options.isBare === true ? '' : SAME_HEADERS}
    proxy_request_buffering off; proxy_max_temp_file_size 0;
${locations}
  }
}
`;
}
