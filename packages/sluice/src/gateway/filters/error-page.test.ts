import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { stageFilters, startOrigin } from '../../../test/support/filter-stage.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-error-page-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const GONE = { services: { origin: { endpoints: ['127.0.0.1:1'], outlier: false as const, retry: false as const } } };

test("a service's error becomes a page; its content is gone, what tells the client what to do stays, and its connection is used again", async (t) => {
  const world = await stageFilters(t, ['requestId', { errorPage: { html: '<p>{status} {requestId} {path}' } }], {
    answer: ({ url }, response) =>
      void response
        .writeHead(url === '/fine' ? 200 : 503, { 'retry-after': '7', 'x-stack': 'secret', 'content-type': 'text/plain' })
        .end('secret stack'),
  });
  const answer = await world.ask('/a%3Cb');
  assert.equal(answer.status, 503);
  assert.equal(answer.body, `<p>503 ${answer.headers['x-request-id']} /a&#37;3Cb`);
  assert.deepEqual(
    [answer.headers['retry-after'], answer.headers['x-stack'], answer.headers['content-type'], answer.headers['cache-control']],
    ['7', undefined, 'text/html; charset=utf-8', 'no-store'],
  );
  const head = await world.ask('/', { method: 'HEAD' });
  assert.deepEqual([head.status, head.body], [503, '']);
  assert.equal((await world.ask('/fine')).body, 'secret stack');
});

test('refusals of our own become pages, and JSON for who rather takes it', async (t) => {
  const world = await stageFilters(t, ['errorPage'], GONE);
  const page = await world.ask('/');
  assert.match(page.body, /<h1[^>]*>Bad Gateway<\/h1>/);
  const json = await world.ask('/', { headers: { accept: 'application/json' } });
  assert.deepEqual(
    [json.status, json.headers['content-type'], JSON.parse(json.body)],
    [502, 'application/problem+json', { type: 'about:blank', title: 'Bad Gateway', status: 502, ...idOf(json.body) }],
  );
});

function idOf(body: string): object {
  const { requestId } = JSON.parse(body) as { requestId?: string };
  return requestId === undefined ? {} : { requestId };
}

test('only what is listed is replaced; replies of the service stay where that is said', async (t) => {
  const world = await stageFilters(t, [{ errorPage: { status: [404, '500-502'], html: 'page' } }], {
    answer: ({ url }, response) => void response.writeHead(Number(url.slice(1))).end('service'),
  });
  for (const [status, body] of [
    [404, 'page'],
    [403, 'service'],
    [500, 'page'],
    [502, 'page'],
    [503, 'service'],
    [200, 'service'],
  ] as const) {
    assert.equal((await world.ask(`/${status}`)).body, body);
  }
  const own = await stageFilters(t, [{ errorPage: { service: false, html: 'page' } }], {
    answer: (_, response) => void response.writeHead(500).end('service'),
  });
  assert.equal((await own.ask('/')).body, 'service');
});

test('an error without an end, or larger than is worth reading away, is answered all the same', async (t) => {
  const world = await stageFilters(t, [{ errorPage: { html: 'page' } }], {
    answer: ({ url }, response) => {
      response.writeHead(500);
      response.write('x'.repeat(300_000));
      if (url === '/cut') setTimeout(() => response.destroy(), 20);
    },
  });
  assert.equal((await world.ask('/endless')).body, 'page');
  assert.equal((await world.ask('/cut')).body, 'page');
});

test('statuses are mapped, and clients sent elsewhere, but never in a circle', async (t) => {
  const mapped = await stageFilters(t, [{ errorPage: { status: '4xx', map: { 403: 404 } } }], {
    answer: (_, response) => void response.writeHead(403).end(),
  });
  assert.equal((await mapped.ask('/')).status, 404);
  const world = await stageFilters(t, [{ errorPage: { redirect: '/errors/{status}' } }], GONE);
  const sent = await world.ask('/a');
  assert.deepEqual([sent.status, sent.headers.location], [302, '/errors/502']);
  assert.equal((await world.ask('/errors/502')).status, 502);
});

test('the page of a service; ours where it has none, or is too slow', async (t) => {
  const pages = await startOrigin(t, ({ url }, response) => {
    if (url === '/e/500') response.writeHead(200, { 'content-type': 'text/html' }).end('<p>of the service');
    else if (url !== '/e/503') response.writeHead(404).end('none');
  });
  const services = { pages: { endpoints: [`127.0.0.1:${pages.port}`], outlier: false as const, retry: false as const } };
  const filters = [{ errorPage: { status: ['4xx', '5xx'], html: 'ours', from: { service: 'pages', path: '/e/{status}', timeout: '1s' } } }];
  const world = await stageFilters(t, filters, {
    services,
    answer: ({ url }, response) => void response.writeHead(Number(url.slice(1))).end('service'),
  });
  const found = await world.ask('/500', { method: 'POST', body: 'content' });
  assert.deepEqual([found.status, found.body, found.headers['content-type']], [500, '<p>of the service', 'text/html']);
  assert.deepEqual([pages.seen[0]?.method, pages.seen[0]?.headers['x-sluice-error']], ['GET', '500']);
  assert.equal((await world.ask('/404')).body, 'ours');
  const late = world.ask('/503');
  while (pages.seen.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  world.plane.advance(1_100);
  assert.deepEqual([(await late).status, (await late).body], [503, 'ours']);
  await assert.rejects(stageFilters(t, [{ errorPage: { from: { service: 'none' } } }]), /names a service that does not exist/);
});

test('the page of a file, and faults of what is written', async (t) => {
  const file = join(directory, 'page.html');
  writeFileSync(file, 'é {status}');
  const world = await stageFilters(t, [{ errorPage: { file } }], GONE);
  assert.equal((await world.ask('/')).body, 'é 502');
  for (const [errorPage, message] of [
    [{ file, html: 'a' }, /at most one of html, file and redirect/],
    [{ file: join(directory, 'none') }, /file .*none.* does not exist; check the path/],
    [{ status: '6xx' }, /must be a status such as 404/],
    [{ status: '503-500' }, /must be a status such as 404/],
    [{ redirect: '//evil.example' }, /must be a URL or path/],
  ] as const) {
    await assert.rejects(stageFilters(t, [{ errorPage }]), message);
  }
});
