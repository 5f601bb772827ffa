import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { grpcWebReplyType, grpcWebType, trailerFrame } from './web.ts';

describe('a content type of gRPC-Web', () => {
  test('binary and text, with and without a suffix', () => {
    assert.deepEqual(grpcWebType('application/grpc-web'), { isText: false, suffix: '', grpcType: 'application/grpc' });
    assert.deepEqual(grpcWebType('application/grpc-web+proto'), { isText: false, suffix: '+proto', grpcType: 'application/grpc+proto' });
    assert.deepEqual(grpcWebType('application/grpc-web-text'), { isText: true, suffix: '', grpcType: 'application/grpc' });
    assert.deepEqual(grpcWebType('Application/gRPC-Web-Text+Proto; charset=utf-8'), {
      isText: true,
      suffix: '+proto',
      grpcType: 'application/grpc+proto',
    });
  });

  for (const type of [
    '',
    'application/grpc',
    'application/grpc+proto',
    'application/grpc-webs',
    'application/grpc-web-text2',
    'application/grpc-web+',
    'x application/grpc-web',
    'application/grpc-web proto',
    'application/grpc-web, a',
    'application/grpc-web+a\nb',
  ]) {
    test(`${JSON.stringify(type)} is none`, () => assert.equal(grpcWebType(type), null));
  }

  test('of a reply follows the request and the service', () => {
    assert.equal(grpcWebReplyType(false, 'application/grpc'), 'application/grpc-web');
    assert.equal(grpcWebReplyType(true, 'application/grpc+proto'), 'application/grpc-web-text+proto');
    assert.equal(grpcWebReplyType(true, 'text/html'), null);
    assert.equal(grpcWebReplyType(false, 'application/grpc-web'), null);
  });
});

describe('the frame of trailers', () => {
  test('is flagged, prefixed by its length, and has lower-case names', () => {
    const frame = Buffer.from(
      trailerFrame([
        ['grpc-status', '0'],
        ['Grpc-Message', ''],
      ])!,
    );
    assert.equal(frame.subarray(0, 5).toString('hex'), '8000000020');
    assert.equal(frame.subarray(5).toString(), 'grpc-status: 0\r\ngrpc-message: \r\n');
  });

  test('may be empty', () => assert.deepEqual([...trailerFrame([])!], [0x80, 0, 0, 0, 0]));

  test('never holds a line more than it was given', () => {
    for (const [name, value] of [
      ['a', 'b\r\nc: d'],
      ['a', 'b\n'],
      ['a', '\0'],
      ['a', 'é'],
      ['a: b', 'c'],
      ['', 'c'],
      ['a\n', 'c'],
    ] as const) {
      assert.equal(trailerFrame([[name, value]]), null, JSON.stringify([name, value]));
    }
  });
});
