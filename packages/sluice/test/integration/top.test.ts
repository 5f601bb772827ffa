/** `sluice top` on a terminal of its own (util-linux' script), against a gateway that runs, goes away and comes back. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runSluice, SluiceProcess, startSluice } from '../support/sluice-process.ts';
import { eventually } from '../support/waiting.ts';

const COMMAND = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));
const HAS_SCRIPT = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;
const skip = HAS_SCRIPT ? false : "needs util-linux' script";
const WAIT_MS = 20_000;

async function startSite(t: TestContext) {
  const server = createServer((_request, response) => void response.end('ok'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = await mkdtemp(join(tmpdir(), 'sluice-top-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'sluice.config.json');
  const write = (admin: string): Promise<void> =>
    writeFile(
      file,
      JSON.stringify({
        listeners: { web: { http: '127.0.0.1:0' } },
        services: { app: { endpoints: [endpoint] }, other: { endpoints: ['127.0.0.1:1'] } },
        routes: [{ path: '/app/*', to: 'app' }, { to: 'other' }],
        admin,
      }),
    );
  await write('127.0.0.1:0');
  return { ...(await startSluice(t, ['up', '--config', file])), endpoint, file, write };
}

/** What a person sees and does. */
class Terminal {
  seen = '';
  readonly ended: Promise<number | null>;
  readonly #child;

  constructor(t: TestContext, words: string) {
    const program = `stty rows 24 cols 80; before=$(stty -g); ${words}; code=$?; [ "$before" = "$(stty -g)" ] && echo "mode kept"; exit $code`;
    this.#child = spawn('script', ['-qec', program, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm', SHELL: '/bin/bash', NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.seen += text));
    this.ended = once(this.#child, 'close').then(([code]) => code as number | null);
    t.after(() => this.#child.kill('SIGKILL'));
  }

  /** The last screen, as text. */
  get screen(): string {
    return this.seen.slice(this.seen.lastIndexOf('\x1b[H')).replaceAll(/\x1b\[[^A-Za-z]*[A-Za-z]/g, '');
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  shows(what: RegExp): Promise<void> {
    return eventually(WAIT_MS, `${what} on the screen`, () => what.test(this.screen)).catch((error: Error) => {
      throw new Error(`${error.message}; it showed:\n${this.screen}`);
    });
  }
}

function top(admin: string): string {
  return `'${process.execPath}' '${COMMAND}' top --interval 100ms --admin ${admin}`;
}

test('without a terminal one frame comes as text', async (t) => {
  const { admin, url } = await startSite(t);
  for (let sent = 0; sent < 20; sent++) await (await fetch(`${url}/app/1`)).text();
  const { code, output } = await runSluice(['top', '--admin', admin]);
  assert.equal(code, 0, output);
  assert.match(output, /^sluice \S+ {2}up \d+s/);
  assert.match(output, /^ {2}app +up +1\/1 +\d/m);
  assert.doesNotMatch(output, /\x1b/);
});

test('where nothing answers it says so and fails', async () => {
  const { code, output } = await runSluice(['top', '--admin', '127.0.0.1:1']);
  assert.deepEqual(
    [code, output],
    [1, 'sluice: no sluice answers on 127.0.0.1:1; is it running, and is its admin API there (--admin ADDRESS)?'],
  );
  const wrong = await runSluice(['top', '--interval', '1']);
  assert.deepEqual([wrong.code, wrong.output], [2, 'sluice: --interval must be a duration 100ms..1m, such as 2s, got "1"']);
});

test('keys choose, open, go back and quit, and the terminal is as it was', { skip }, async (t) => {
  const { admin, url, endpoint } = await startSite(t);
  const load = setInterval(
    () =>
      void fetch(`${url}/app/1`)
        .then((reply) => reply.text())
        .catch(() => {}),
    20,
  );
  t.after(() => clearInterval(load));
  const terminal = new Terminal(t, top(admin));
  await terminal.shows(/^> app +up +1\/1 +[1-9]/m);
  terminal.type('\x1b[B');
  await terminal.shows(/^> other/m);
  terminal.type('k\r');
  await terminal.shows(new RegExp(`^ {2}app: p2c[^]*^ {2}${endpoint} +up`, 'm'));
  terminal.type('\x1b');
  await terminal.shows(/^> app/m);
  terminal.type('p');
  await terminal.shows(/PAUSED/);
  terminal.type('?');
  await terminal.shows(/any key goes back/);
  terminal.type('xq');
  assert.equal(await terminal.ended, 0);
  assert.ok(terminal.seen.startsWith('\x1b[?1049h\x1b[?25l'), JSON.stringify(terminal.seen.slice(0, 40)));
  assert.match(terminal.seen, /\x1b\[\?25h\x1b\[\?1049lmode kept\r\n$/);
});

test('SIGTERM gives the terminal back', { skip }, async (t) => {
  const { admin, file } = await startSite(t);
  const pidFile = `${file}.pid`;
  const terminal = new Terminal(t, `(echo $BASHPID > '${pidFile}'; exec ${top(admin)})`);
  await terminal.shows(/^> app/m);
  process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGTERM');
  assert.equal(await terminal.ended, 143);
  assert.match(terminal.seen, /\x1b\[\?25h\x1b\[\?1049l[^\x1b]*mode kept\r\n$/);
});

test('when Sluice goes away it is said with what was known, and when it is back the figures go on', { skip }, async (t) => {
  const { admin, sluice, file, write } = await startSite(t);
  const terminal = new Terminal(t, top(admin));
  await terminal.shows(/^> app/m);
  sluice.signal('SIGTERM');
  await sluice.ended;
  await terminal.shows(/DISCONNECTED[^]*last heard \d+s ago[^]*^> app/m);
  await write(admin);
  const again = new SluiceProcess(['up', '--config', file]);
  t.after(async () => {
    again.signal('SIGKILL');
    await again.ended;
  });
  await terminal.shows(/^sluice \S+ {2}up \d+s .*by rps[^]*^> app/m);
  terminal.type('q');
  assert.equal(await terminal.ended, 0);
});
