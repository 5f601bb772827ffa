/**
 * The backend that all proxies share: nginx with a 64-byte body, a 1 MiB file and a place to PUT to, on TCP and on a unix socket.
 * In C, so that it is never what limits; PUT is read to its end before the answer, so that no proxy meets an early reply.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, start, temporaryDirectory, waitForListener } from './processes.ts';

/** Where the backend listens. */
export interface Origin {
  readonly port: number;
  readonly socketPath: string;
}

export const SMALL_BODY = 'x'.repeat(64);
export const LARGE_BYTES = 1024 * 1024;

/** Starts the backend. Files are on /dev/shm, so that no disk is measured. */
export async function startOrigin(): Promise<Origin> {
  const directory = temporaryDirectory('origin');
  const port = await freePort();
  const socketPath = join(directory, 'origin.sock');
  mkdirSync(join(directory, 'www', 'put'), { recursive: true });
  writeFileSync(join(directory, 'www', 'small'), SMALL_BODY);
  writeFileSync(join(directory, 'www', 'large'), Buffer.alloc(LARGE_BYTES, 'y'));
  mkdirSync(join(directory, 'www', 'cached'));
  writeFileSync(join(directory, 'www', 'cached', '1k'), Buffer.alloc(1024, 'z'));
  writeFileSync(join(directory, 'www', 'cached', '100k'), Buffer.alloc(100 * 1024, 'z'));
  writeFileSync(join(directory, 'www', 'json'), jsonText(100 * 1024));
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, configuration(directory, port, socketPath));
  const started = start('origin-log', 'nginx', ['-c', file, '-p', directory, '-g', 'daemon off;']);
  await waitForListener(started, port);
  await waitForListener(started, socketPath);
  return { port, socketPath };
}

/** Text that compresses about as records of a shop do. */
function jsonText(bytes: number): string {
  const records: string[] = [];
  for (let id = 0, length = 0; length < bytes; id++) {
    const price = ((id * 7_919) % 100_000) / 100;
    records.push(
      JSON.stringify({
        id,
        name: `Article ${(id * 2_654_435_761) % 4_294_967_296}`,
        price,
        stock: id % 37,
        tags: ['new', `group-${id % 11}`],
      }),
    );
    length += records.at(-1)!.length + 1;
  }
  return `[${records.join(',')}]`.slice(0, bytes);
}

function configuration(directory: string, port: number, socketPath: string): string {
  return `user root; worker_processes 1; pid ${directory}/pid; error_log stderr crit; worker_rlimit_nofile 20000;
events { worker_connections 8192; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; keepalive_timeout 300s; etag off; server_tokens off;
  client_body_temp_path ${directory}/body; client_max_body_size 0; open_file_cache max=10;
  server {
    listen 127.0.0.1:${port} backlog=4096; listen unix:${socketPath} backlog=4096;
    root ${directory}/www; default_type text/plain;
    location = / { return 200 "${SMALL_BODY}"; }
    location = /small { return 200 "${SMALL_BODY}"; }
    location /cached/ { expires 1h; }
    location = /json { default_type application/json; }
    location /put/ { dav_methods PUT; }
  }
}
`;
}
