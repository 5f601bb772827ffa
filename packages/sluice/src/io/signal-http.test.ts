import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { shownUrl, signalGet } from './signal-http.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<URL> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/figure?key=hidden`);
}

const NEVER = new AbortController().signal;

test('an answer is its status and text; user and password go along', async (t) => {
  const url = await serve(t, (request, response) => response.writeHead(201).end(`${request.url} ${request.headers.authorization}`));
  url.username = 'me';
  url.password = 'p%40ss';
  const { status, text } = await signalGet(url, NEVER);
  assert.equal(status, 201);
  assert.equal(text, `/figure?key=hidden Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  assert.equal(shownUrl(url), `${url.origin}/figure`);
});

test('redirects within the origin are followed with the credentials, three at most', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/there') return void response.end(String(request.headers.authorization?.startsWith('Basic ')));
    response.writeHead(302, { location: request.url?.startsWith('/loop') === true ? '/loop' : '/there' }).end();
  });
  url.username = 'me';
  assert.equal((await signalGet(url, NEVER)).text, 'true');
  url.pathname = '/loop';
  await assert.rejects(signalGet(url, NEVER), /redirects more than 3 times/);
});

test('a redirect to another origin is not followed', async (t) => {
  let asked = 0;
  const other = await serve(t, (_request, response) => {
    asked += 1;
    response.end('1');
  });
  const url = await serve(t, (_request, response) => response.writeHead(307, { location: `${other.href}` }).end());
  url.password = 'secret';
  await assert.rejects(signalGet(url, NEVER), (error: Error) => {
    assert.match(error.message, /redirects to another origin \(http:\/\/127\.0\.0\.1:\d+\): name that one/);
    assert.doesNotMatch(error.message, /secret|hidden/);
    return true;
  });
  assert.equal(asked, 0);
});

test('an answer above 1 MiB is not read to its end', async (t) => {
  const piece = Buffer.alloc(65_536, 0x31);
  let hasClosed: () => void = () => {};
  const closed = new Promise<void>((resolve) => (hasClosed = resolve));
  const url = await serve(t, (_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', more).on('close', hasClosed);
    more();
  });
  await assert.rejects(signalGet(url, NEVER), /is larger than 1 MiB/);
  await closed;
});

test('who hangs is given up at the deadline, in the head and in the body; who is not there is said without secrets', async (t) => {
  for (const listener of [() => {}, (_request, response) => void response.write('1')] satisfies RequestListener[]) {
    const url = await serve(t, listener);
    const late = new Error('no answer within 0.1 s');
    const controller = new AbortController();
    setTimeout(() => controller.abort(late), 100);
    await assert.rejects(signalGet(url, controller.signal), late);
  }
  await assert.rejects(signalGet(new URL('http://me:secret@127.0.0.1:1/x?key=hidden'), NEVER), {
    message: 'http://127.0.0.1:1/x cannot be reached: ECONNREFUSED',
  });
});
