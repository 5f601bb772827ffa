/** Purges by the admin API of the real program hold on both workers within a tenth of a second. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { reply, startCacheOrigin } from '../support/cache-origin.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const WITHIN_MS = 100;
/** So many connections that no worker is without some: the kernel spreads them. */
const CONNECTIONS = 16;

/** A connection that stays where the kernel put it. */
class Kept {
  private readonly socket: Socket;
  private text = '';
  private waiting: (() => void) | null = null;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('latin1').on('data', (piece: string) => {
      this.text += piece;
      this.waiting?.();
    });
  }

  async open(): Promise<void> {
    await once(this.socket, 'connect');
  }

  /** Content and what the cache says of it. */
  async get(path: string): Promise<{ readonly body: string; readonly verdict: string }> {
    this.text = '';
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: www.example\r\n\r\n`);
    for (;;) {
      const end = this.text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(this.text)?.[1] ?? -1);
      if (end >= 0 && length >= 0 && this.text.length >= end + 4 + length)
        return { body: this.text.slice(end + 4), verdict: /cache-status: (.*)/i.exec(this.text)?.[1] ?? '' };
      await new Promise<void>((resolve) => (this.waiting = resolve));
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

async function world(t: TestContext): Promise<{ readonly gateway: Gateway; readonly kept: readonly Kept[] }> {
  const origin = await startCacheOrigin();
  const answer = reply(
    { 'cache-control': 'max-age=600, stale-while-revalidate=600', 'surrogate-key': 'shelf', 'content-type': 'text/plain' },
    (count) => `copy ${count}`,
  );
  for (const path of ['/shop/a', '/shop/b', '/other']) origin.on(path, answer);
  const gateway = await startGateway({
    workers: 2,
    services: { origin: { endpoints: [`127.0.0.1:${origin.port}`], outlier: false } },
    routes: [{ path: '/*', to: 'origin', filters: ['cache'] }],
  });
  const kept = Array.from({ length: CONNECTIONS }, () => new Kept(gateway.port));
  await Promise.all(kept.map((each) => each.open()));
  t.after(async () => {
    for (const each of kept) each.close();
    await gateway[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
  });
  return { gateway, kept };
}

async function purge(gateway: Gateway, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await gateway.admin('/api/caches/purge', { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal(response.status, 200, await response.text());
}

/** Every connection, so every worker. */
function bodies(kept: readonly Kept[], path: string): Promise<Set<string>> {
  return Promise.all(kept.map((each) => each.get(path))).then((got) => new Set(got.map(({ body }) => body)));
}

const TARGETS: readonly (readonly [string, object, readonly string[]])[] = [
  ['URL', { url: 'http://www.example/shop/a' }, ['/shop/a']],
  ['prefix', { prefix: 'http://www.example/shop/' }, ['/shop/a', '/shop/b']],
  ['tag', { tag: 'shelf' }, ['/shop/a', '/shop/b', '/other']],
  ['everything', { all: true }, ['/shop/a', '/shop/b', '/other']],
];
const PATHS = ['/shop/a', '/shop/b', '/other'];

test('a purge by URL, prefix, tag or of everything is seen by both workers at once', { timeout: 60_000 }, async (t) => {
  const { gateway, kept } = await world(t);
  const copies = new Map(PATHS.map((path) => [path, 1]));
  for (const path of PATHS) assert.deepEqual(await bodies(kept, path), new Set(['copy 1']));
  for (const [name, target, reached] of TARGETS) {
    await purge(gateway, target);
    const from = performance.now();
    for (const path of PATHS) {
      if (reached.includes(path)) copies.set(path, copies.get(path)! + 1);
      assert.deepEqual(await bodies(kept, path), new Set([`copy ${copies.get(path)}`]), `${name}: ${path}`);
    }
    const tookMs = performance.now() - from;
    t.diagnostic(`${name}: seen by ${CONNECTIONS} connections, three pages each, within ${Math.round(tookMs)} ms of the answer`);
  }
});

test('a soft purge makes stale on both workers at once, and the next copy is fetched behind it', { timeout: 60_000 }, async (t) => {
  const { gateway, kept } = await world(t);
  let copy = 1;
  for (const [name, target] of TARGETS) {
    assert.deepEqual(await bodies(kept, '/shop/a'), new Set([`copy ${copy}`]));
    await purge(gateway, { ...target, soft: true });
    const first = await kept[0]!.get('/shop/a');
    assert.deepEqual([first.body, first.verdict.includes('hit')], [`copy ${copy}`, true], `${name}: ${first.verdict}`);
    copy++;
    const until = performance.now() + 2_000;
    while ((await kept[0]!.get('/shop/a')).body !== `copy ${copy}` && performance.now() < until);
    assert.deepEqual(await bodies(kept, '/shop/a'), new Set([`copy ${copy}`]), name);
  }
});

test('who asks while it is purged sees nothing old a tenth of a second later', { timeout: 60_000 }, async (t) => {
  const { gateway, kept } = await world(t);
  // The first request of all loads the API, which takes longer than a purge may.
  await gateway.admin('/api/caches');
  let isOver = false;
  const seen: { readonly at: number; readonly body: string }[] = [];
  const watch = async (each: Kept): Promise<void> => {
    while (!isOver) {
      const { body } = await each.get('/shop/a');
      seen.push({ at: performance.now(), body });
    }
  };
  const watching = kept.map(watch);
  const purged: number[] = [];
  for (const [, target] of TARGETS) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    purged.push(performance.now());
    await purge(gateway, target);
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  isOver = true;
  await Promise.all(watching);
  purged.forEach((at, index) => {
    const late = seen.filter((each) => each.at > at + WITHIN_MS && Number(each.body.slice(5)) < index + 2);
    assert.deepEqual(late, [], `purge ${index + 1}`);
  });
  assert.ok(seen.length > 100);
});
