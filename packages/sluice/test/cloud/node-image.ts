/**
 * The images of the test's pods, made here without any registry: a static busybox. One serves HTTP and says which pod it is, the other is what the container
 * runtime keeps a pod's namespaces open with.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const USERS_IMAGE = 'local/users:1';
export const PAUSE_IMAGE = 'local/pause:1';
/** Takes `SLOW_MS` and answers with the pod's name. */
export const SLOW_PATH = '/cgi-bin/slow';
const SLOW_MS = 300;

/** Ends at once on SIGTERM, with all that it was asked: whoever did not drain it before sees that. */
const SERVE = `#!/bin/sh
echo $(hostname) > /www/name
httpd -f -p "$PORT" -h /www & server=$!
trap 'kill -9 $server; exit 0' TERM
wait $server
`;

const SLOW = `#!/bin/sh
read -r name < /www/name
sleep ${SLOW_MS / 1_000}
printf 'Content-Type: text/plain\\r\\nContent-Length: %d\\r\\n\\r\\n%s' \${#name} "$name"
`;

/** @returns A file that `ctr image import` takes. */
export function makeImages(folder: string): string {
  const work = join(folder, 'images');
  const root = join(work, 'root');
  for (const name of ['bin', 'tmp', 'www/cgi-bin']) mkdirSync(join(root, name), { recursive: true });
  copyFileSync('/bin/busybox', join(root, 'bin', 'busybox'));
  for (const name of ['sh', 'httpd', 'sleep', 'hostname']) symlinkSync('busybox', join(root, 'bin', name));
  writeFileSync(join(root, 'bin', 'serve'), SERVE, { mode: 0o755 });
  writeFileSync(join(root, 'www', 'cgi-bin', 'slow'), SLOW, { mode: 0o755 });
  writeFileSync(join(root, 'www', 'healthz'), 'ok\n');
  archive(root, ['.'], join(work, 'layer.tar'));
  const layer = `sha256:${createHash('sha256')
    .update(readFileSync(join(work, 'layer.tar')))
    .digest('hex')}`;
  writeConfig(join(work, 'users.json'), layer, ['/bin/serve']);
  writeConfig(join(work, 'pause.json'), layer, ['/bin/sleep', '1000000']);
  const manifest = [
    { Config: 'users.json', RepoTags: [USERS_IMAGE], Layers: ['layer.tar'] },
    { Config: 'pause.json', RepoTags: [PAUSE_IMAGE], Layers: ['layer.tar'] },
  ];
  writeFileSync(join(work, 'manifest.json'), JSON.stringify(manifest));
  const file = join(folder, 'images.tar');
  archive(work, ['manifest.json', 'users.json', 'pause.json', 'layer.tar'], file);
  return file;
}

function writeConfig(file: string, layer: string, command: readonly string[]): void {
  const config = { Cmd: command, Env: ['PATH=/bin', 'PORT=8080'] };
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  writeFileSync(file, JSON.stringify({ architecture, os: 'linux', config, rootfs: { type: 'layers', diff_ids: [layer] } }));
}

function archive(folder: string, names: readonly string[], file: string): void {
  const { status, stderr } = spawnSync('tar', ['-C', folder, '-cf', file, ...names], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} cannot be made: ${stderr}`);
}
