import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stageFilters } from '../../../test/support/filter-stage.ts';

test('replies carry the basic headers, say nothing of what runs behind, and HSTS over TLS alone', async (t) => {
  const world = await stageFilters(t, ['securityHeaders'], {
    answer: (_, response) => void response.writeHead(200, { server: 'x', 'x-powered-by': 'y' }).end(),
  });
  const { headers } = await world.ask('/');
  assert.deepEqual(
    [headers['x-content-type-options'], headers['x-frame-options'], headers['referrer-policy'], headers['strict-transport-security']],
    ['nosniff', 'SAMEORIGIN', 'strict-origin-when-cross-origin', undefined],
  );
  assert.deepEqual([headers.server, headers['x-powered-by']], [undefined, undefined]);
});

test("the service's own stands, once; unless it is overridden", async (t) => {
  for (const [override, frame] of [
    [false, 'DENY'],
    [true, 'SAMEORIGIN'],
  ] as const) {
    const world = await stageFilters(t, [{ securityHeaders: { override } }], {
      answer: (_, response) => void response.writeHead(200, { 'X-FRAME-Options': 'DENY' }).end(),
    });
    const { rawHeaders } = await world.ask('/');
    const frames = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'x-frame-options' && index % 2 === 1);
    assert.deepEqual(frames, [frame]);
  }
});

test('the strict preset, changed: values replace, false leaves out', async (t) => {
  const world = await stageFilters(t, [
    { securityHeaders: { preset: 'strict', contentSecurityPolicy: "default-src 'none'", frameOptions: false } },
  ]);
  const { headers } = await world.ask('/');
  assert.deepEqual(
    [
      headers['content-security-policy'],
      headers['x-frame-options'],
      headers['cross-origin-opener-policy'],
      headers['cross-origin-embedder-policy'],
    ],
    ["default-src 'none'", undefined, 'same-origin', undefined],
  );
});

test('replies of our own have them once', async (t) => {
  const world = await stageFilters(t, ['securityHeaders'], {
    services: { origin: { endpoints: ['127.0.0.1:1'], outlier: false, retry: false } },
  });
  const { status, rawHeaders } = await world.ask('/');
  assert.equal(status, 502);
  assert.equal(rawHeaders.filter((each) => each === 'X-Content-Type-Options').length, 1);
});

test('a value that cannot be sent is a fault', async (t) => {
  await assert.rejects(stageFilters(t, [{ securityHeaders: { referrerPolicy: 'a\r\nb' } }]), /referrerPolicy must be a header value/);
  await assert.rejects(stageFilters(t, [{ securityHeaders: { preset: 'strickt' } }]), /did you mean|must be one of/);
});
