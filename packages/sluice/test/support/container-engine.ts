/**
 * Real container engines for tests: a dockerd or a podman service of the test's own, with its data in a directory that is removed, in a network of its own
 * (`container-network.ts` makes it: these calls belong inside). It can be killed and started again; its containers run on meanwhile. The image is made here, without any
 * registry: a static busybox whose web server answers with the instance's name.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { http } from '../../src/io/node-http.ts';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './waiting.ts';

export type EngineName = 'docker' | 'podman';

/** What the containers run; `localhost/` since Podman files under it whatever has no registry. */
export const IMAGE = 'localhost/sluice-test:1';
/** Its program; a further argument is shell to run beside the server. */
export const SERVE = ['/bin/serve'] as const;
const START_MS = 20_000;

/** Says a line, serves its name on $PORT, and ends on SIGTERM. */
const PROGRAM = `mkdir -p /tmp/www
echo -n "$SLUICE_INSTANCE" > /tmp/www/index.html
echo "serving on $HOST:$PORT"
httpd -f -p "$HOST:$PORT" -h /tmp/www & server=$!
trap 'echo "asked to end"; kill $server; exit 0' TERM
eval "$1"
wait $server
`;

/** What tests look at. */
export interface InspectedContainer {
  readonly State: { readonly Pid: number };
  readonly Config: { readonly Env: readonly string[]; readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: {
    readonly NanoCpus: number;
    readonly Memory: number;
    readonly LogConfig: { readonly Type: string; readonly Config?: Readonly<Record<string, string>> };
  };
}

export class TestEngine implements AsyncDisposable {
  readonly name: EngineName;
  readonly socket: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-engine-'));
  #daemon: ChildProcess | null = null;

  private constructor(name: EngineName) {
    this.name = name;
    this.socket = join(this.#folder, 'engine.sock');
  }

  static async start(name: EngineName): Promise<TestEngine> {
    const engine = new TestEngine(name);
    writeFileSync(join(engine.#folder, 'containers.conf'), CONTAINERS_CONF);
    writeFileSync(join(engine.#folder, 'daemon.json'), '{}');
    await engine.back();
    await engine.#loadImage();
    return engine;
  }

  /** kill -9 of the daemon; containers run on. */
  async away(): Promise<void> {
    const daemon = this.#daemon!;
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    const gone = once(daemon, 'exit');
    daemon.kill('SIGKILL');
    await gone;
    rmSync(this.socket, { force: true });
  }

  async back(): Promise<void> {
    const log = openSync(join(this.#folder, 'log'), 'a');
    const [program, ...args] = this.name === 'docker' ? this.#dockerd() : this.#podman();
    rmSync(join(this.#folder, 'docker.pid'), { force: true });
    const env = { ...process.env, CONTAINERS_CONF: join(this.#folder, 'containers.conf') };
    // conmon notes an `oom` in its working directory.
    this.#daemon = spawn(program!, args, { stdio: ['ignore', log, log], env, cwd: this.#folder });
    const answers = async (): Promise<boolean> => (await this.request('GET', '/_ping').catch(() => null))?.status === 200;
    await eventually(START_MS, `${this.name} answers`, answers).catch((error: Error) => {
      throw new Error(`${error.message}; it said: ${readFileSync(join(this.#folder, 'log'), 'utf8').slice(-1_000)}`);
    });
  }

  /** Stops answering, without ending. */
  pause(): void {
    this.#daemon!.kill('SIGSTOP');
  }

  resume(): void {
    this.#daemon!.kill('SIGCONT');
  }

  /** Ids of the containers that run. */
  async running(): Promise<readonly string[]> {
    const { body } = await this.request('GET', '/containers/json');
    return (JSON.parse(body) as { Id: string }[]).map(({ Id }) => Id);
  }

  /** All containers, whatever their state. */
  async all(): Promise<readonly { readonly Id: string; readonly Names: readonly string[]; readonly Labels: Record<string, string> }[]> {
    const { body } = await this.request('GET', '/containers/json?all=true');
    return JSON.parse(body) as { Id: string; Names: string[]; Labels: Record<string, string> }[];
  }

  async inspect(id: string): Promise<InspectedContainer> {
    return JSON.parse((await this.request('GET', `/containers/${id}/json`)).body) as InspectedContainer;
  }

  /** Removes all containers. */
  async clear(): Promise<void> {
    for (const { Id } of await this.all()) await this.request('DELETE', `/containers/${Id}?force=true&v=true`);
  }

  /** A call of its API; past all that is tested. */
  request(method: string, path: string, body?: string | Buffer): Promise<{ readonly status: number; readonly body: string }> {
    const type = Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json';
    return new Promise((resolve, reject) => {
      const options = { socketPath: this.socket, method, path, agent: false, headers: { 'content-type': type }, timeout: 30_000 };
      const request = http.request(options, (reply) => {
        const parts: Buffer[] = [];
        reply.on('data', (part: Buffer) => parts.push(part));
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clear().catch(() => {});
    const daemon = this.#daemon!;
    if (daemon.exitCode === null && daemon.signalCode === null) {
      const gone = once(daemon, 'exit');
      daemon.kill('SIGCONT');
      daemon.kill('SIGTERM');
      await gone;
    }
    this.#unmount();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What a daemon that was killed once has left mounted. */
  #unmount(): void {
    const places = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '')
      .filter((place) => place.startsWith(this.#folder));
    for (const place of places.toReversed()) spawnSync('umount', ['-l', place]);
  }

  /** Containers outlive it; it keeps out of the machine's own groups. */
  #dockerd(): string[] {
    const at = (name: string): string => join(this.#folder, name);
    const places = ['--config-file', at('daemon.json'), '--data-root', at('data'), '--exec-root', at('exec'), '-p', at('docker.pid')];
    const ways = ['--oom-score-adjust', '0', '--storage-driver', 'overlay2', '--live-restore', '--cgroup-parent', '/sluice-test'];
    return ['dockerd', '-H', `unix://${this.socket}`, ...places, ...ways];
  }

  #podman(): string[] {
    const at = (name: string): string => join(this.#folder, name);
    const places = ['--root', at('data'), '--runroot', at('exec'), '--tmpdir', at('tmp'), '--network-config-dir', at('networks')];
    return [
      'podman',
      '--runtime',
      'runc',
      '--storage-driver',
      'overlay',
      ...places,
      'system',
      'service',
      '-t',
      '0',
      `unix://${this.socket}`,
    ];
  }

  async #loadImage(): Promise<void> {
    const root = join(this.#folder, 'image');
    for (const folder of ['bin', 'tmp', 'etc']) mkdirSync(join(root, folder), { recursive: true });
    copyFileSync('/bin/busybox', join(root, 'bin', 'busybox'));
    for (const name of ['sh', 'httpd', 'sleep', 'mkdir', 'echo', 'kill', 'yes', 'tail', 'head', 'seq'])
      symlinkSync('busybox', join(root, 'bin', name));
    writeFileSync(join(root, 'etc', 'passwd'), 'root:x:0:0:root:/:/bin/sh\n');
    writeFileSync(join(root, 'bin', 'serve'), `#!/bin/sh\n${PROGRAM}`, { mode: 0o755 });
    const { stdout: tar } = spawnSync('tar', ['-C', root, '-c', '.'], { maxBuffer: 32 * 1_048_576 });
    const [repo, tag] = IMAGE.split(':');
    const made = await this.request('POST', '/images/create?fromSrc=-', tar);
    // Podman passes over a name at this place.
    const id = /sha256:[0-9a-f]{64}/.exec(made.body)?.[0];
    const reply = await this.request('POST', `/images/${id}/tag?repo=${repo}&tag=${tag}`);
    if (reply.status !== 201) throw new Error(`the image cannot be made: ${made.body} ${reply.body}`);
  }
}

const CONTAINERS_CONF = `[containers]
default_ulimits=["nofile=20000:20000","nproc=4096:4096"]
cgroups="enabled"
[engine]
cgroup_manager="cgroupfs"
events_logger="file"
[network]
network_backend="netavark"
`;
