/** HAProxy: one thread, upstream connections reused whenever possible. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificateFiles } from '../certificate.ts';
import { freePort, start, temporaryDirectory, waitForListener } from '../processes.ts';
import type { SubjectKind, SubjectOptions } from './subject.ts';
import { programVersion } from './versions.ts';

export const haproxy: SubjectKind = {
  name: 'HAProxy',
  protocols: ['tls', 'http2', 'grpc', 'websocket', 'tcp'],
  version: () => /version ([\w.+-]+)/.exec(programVersion('haproxy', ['-v']) ?? '')?.[1] ?? null,
  async start(options) {
    const directory = temporaryDirectory('haproxy');
    const port = await freePort();
    const file = join(directory, 'haproxy.cfg');
    writeFileSync(file, configuration(port, options));
    const started = start('haproxy-log', 'haproxy', ['-db', '-f', file]);
    await waitForListener(started, port);
    return { name: 'HAProxy', port, started };
  },
};

const SAME_HEADERS = `  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request add-header Via "1.1 haproxy"
  http-request set-header X-Request-Id %[uuid]
  http-response add-header Via "1.1 haproxy"
`;

/** What a `bind` line says behind the address. */
function bindOptions({ protocol }: SubjectOptions): string {
  if (protocol === 'tls') return ` ssl crt ${certificateFiles().combined}`;
  return protocol === 'http2' || protocol === 'grpc' ? ' proto h2' : '';
}

/** `maxconn` 7000: with splice pipes HAProxy needs about 2.5 descriptors per connection, and a common hard limit is 20,000. */
function configuration(port: number, options: SubjectOptions): string {
  const server = options.upstream === 'tcp' ? `127.0.0.1:${options.origin.port}` : `unix@${options.origin.socketPath}`;
  const isTcp = options.protocol === 'tcp';
  const isBare = options.isBare === true || isTcp;
  return `global
  nbthread ${options.workers}
  maxconn 7000
defaults
  mode ${isTcp ? 'tcp' : 'http'}
  timeout connect 5s
  timeout client 300s
  timeout server 300s
${isTcp ? '' : '  timeout http-keep-alive 300s\n  timeout tunnel 300s\n'}${isBare ? '' : '  option forwardfor\n'}frontend web
  bind 127.0.0.1:${port} backlog 4096${bindOptions(options)}
${isBare ? '' : SAME_HEADERS}  default_backend origin
backend origin
${isTcp ? '' : '  http-reuse always\n'}  server origin ${server}${isTcp ? '' : ' pool-max-conn 256'}${options.protocol === 'grpc' ? ' proto h2' : ''}
`;
}
