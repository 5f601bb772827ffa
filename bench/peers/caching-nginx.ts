/** nginx with what its cache and its gzip need: hits lie in a file system in memory. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, start, temporaryDirectory, waitForListener } from '../processes.ts';
import { nginxConfiguration } from './nginx.ts';
import type { Subject, SubjectOptions } from './subject.ts';

/** Starts it. @param hasSendfile Whether files go out by `sendfile`, which copies nothing; off is nginx's own default, on what distributions ship. */
export async function cachingNginx(options: SubjectOptions, gzipLevel: number, hasSendfile: boolean): Promise<Subject> {
  const directory = temporaryDirectory('nginx-cache');
  const port = await freePort();
  mkdirSync(join(directory, 'kept'));
  const file = join(directory, 'nginx.conf');
  const cached = `    location /cached/ { proxy_pass http://origin; proxy_cache kept; add_header X-Cache $upstream_cache_status; }`;
  const zipped = `    location /json { proxy_pass http://origin; gzip on; gzip_proxied any; gzip_types application/json; gzip_comp_level ${gzipLevel}; }`;
  const text = nginxConfiguration(directory, port, options, `${cached}\n${zipped}`);
  const zone = `  proxy_cache_path ${directory}/kept levels=1:2 keys_zone=kept:16m max_size=256m inactive=1h use_temp_path=off; open_file_cache max=100; sendfile ${hasSendfile ? 'on' : 'off'};\n`;
  writeFileSync(file, text.replace('http {\n', `http {\n${zone}`));
  const started = start('nginx-cache-log', 'nginx', ['-c', file, '-p', directory, '-g', 'daemon off;']);
  await waitForListener(started, port);
  return { name: hasSendfile ? 'nginx' : 'nginx, no sendfile', port, started };
}
