/** nginx as a reverse proxy: one worker process, kept-alive upstream connections, streaming both ways (what Sluice does). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificateFiles } from '../certificate.ts';
import { freePort, start, temporaryDirectory, waitForListener } from '../processes.ts';
import type { SubjectKind, SubjectOptions } from './subject.ts';
import { programVersion } from './versions.ts';

export const nginx: SubjectKind = {
  name: 'nginx',
  protocols: ['tls', 'http2', 'grpc', 'websocket'],
  version: () => programVersion('nginx', ['-v'])?.replace('nginx version: ', '') ?? null,
  async start(options) {
    const directory = temporaryDirectory('nginx');
    const port = await freePort();
    const file = join(directory, 'nginx.conf');
    writeFileSync(file, nginxConfiguration(directory, port, options, `    location / { ${pass(options)}; }`));
    const started = start('nginx-log', 'nginx', ['-c', file, '-p', directory, '-g', 'daemon off;']);
    await waitForListener(started, port);
    return { name: 'nginx', port, started };
  },
};

function pass({ protocol }: SubjectOptions): string {
  return protocol === 'grpc' ? 'grpc_pass grpc://origin' : 'proxy_pass http://origin';
}

/** The headers that Sluice adds; `set` is the directive of the module that passes requests on. */
function sameHeaders({ isBare, protocol }: SubjectOptions): string {
  if (isBare === true) return '';
  const set = protocol === 'grpc' ? 'grpc_set_header' : 'proxy_set_header';
  return `    ${set} X-Forwarded-For $remote_addr; ${set} X-Forwarded-Proto $scheme; ${set} X-Forwarded-Host $http_host;
    ${set} Via "1.1 nginx"; ${set} X-Request-Id $request_id; add_header Via "1.1 nginx";`;
}

function listen(port: number, { protocol, workers }: SubjectOptions): string {
  const kind = protocol === 'tls' ? ' ssl' : protocol === 'http2' || protocol === 'grpc' ? ' http2' : '';
  return `listen 127.0.0.1:${port}${kind} backlog=4096${workers > 1 ? ' reuseport' : ''};`;
}

function tls({ protocol }: SubjectOptions): string {
  if (protocol !== 'tls') return '';
  const { cert, key } = certificateFiles();
  return `    ssl_certificate ${cert}; ssl_certificate_key ${key}; ssl_protocols TLSv1.2 TLSv1.3;\n`;
}

/** Connection towards the backend: kept, or upgraded with the client's. */
function connection({ protocol }: SubjectOptions): string {
  return protocol === 'websocket'
    ? 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_read_timeout 300s;'
    : 'proxy_set_header Connection "";';
}

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
    ${listen(port, options)}
${tls(options)}    proxy_http_version 1.1; ${connection(options)} proxy_set_header Host $http_host;
${sameHeaders(options)}
    proxy_request_buffering off; proxy_max_temp_file_size 0;
${locations}
  }
}
`;
}
