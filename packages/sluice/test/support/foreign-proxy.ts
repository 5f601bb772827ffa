/** nginx, HAProxy, Caddy and nghttpd with a configuration of the test's, as peers; stopped by pid, nothing left behind. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './waiting.ts';

/** Where Debian puts nginx's stream module; it is a package of its own. */
const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** Why a test that needs nginx's stream module is skipped; false when it is there. */
export function skipWithoutNginxStream(): string | false {
  return existsSync(STREAM_MODULE) ? false : 'needs the Debian package libnginx-mod-stream';
}

/** Runs nginx. @param blocks `http { … }` or `stream { … }`; @param port One that it listens on. */
export function startNginx(blocks: string, port: number): Promise<AsyncDisposable> {
  return start(port, (folder) => {
    const file = join(folder, 'nginx.conf');
    const stream = blocks.includes('stream {') ? `load_module ${STREAM_MODULE};\n` : '';
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder};`).join(' ');
    const main = `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {}\n`;
    writeFileSync(file, stream + main + blocks.replace('http {', `http { access_log off; ${paths}`));
    return ['nginx', ['-p', folder, '-e', join(folder, 'error.log'), '-c', file]];
  });
}

/** Runs HAProxy. @param sections Everything but `global` and the timeouts; @param port One that it listens on. */
export function startHaproxy(sections: string, port: number): Promise<AsyncDisposable> {
  return start(port, (folder) => {
    const file = join(folder, 'haproxy.cfg');
    const times = 'defaults\n  timeout connect 2s\n  timeout client 5s\n  timeout server 5s\n';
    writeFileSync(file, `global\n  nbthread 1\n${times}${sections}\n`);
    return ['haproxy', ['-db', '-f', file]];
  });
}

/** Runs Caddy. @param sites What stands behind the global options. */
export function startCaddy(sites: string, port: number): Promise<AsyncDisposable> {
  return start(port, (folder) => {
    const file = join(folder, 'Caddyfile');
    writeFileSync(file, `{\n  admin off\n  auto_https off\n  servers {\n    protocols h1 h2c\n  }\n}\n${sites}\n`);
    return ['caddy', ['run', '--adapter', 'caddyfile', '--config', file]];
  });
}

/** Runs nghttpd, in the clear. @param files What it serves, by name. */
export function startNghttpd(
  files: Readonly<Record<string, string>>,
  port: number,
  ...options: readonly string[]
): Promise<AsyncDisposable> {
  return start(port, (folder) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return ['nghttpd', ['--no-tls', ...options, '-d', folder, '-a', '127.0.0.1', String(port)]];
  });
}

async function start(
  port: number,
  prepare: (folder: string) => readonly [program: string, args: readonly string[]],
): Promise<AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-peer-'));
  const [program, args] = prepare(folder);
  let output = '';
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await eventually(5_000, `${program} listens`, () => {
      if (child.exitCode !== null) throw new Error(`${program} ended with exit ${child.exitCode}:\n${output}`);
      return listens(port);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { [Symbol.asyncDispose]: stop };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
