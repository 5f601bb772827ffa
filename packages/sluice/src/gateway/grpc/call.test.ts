import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestParser } from '../../core/http1/request-parser.ts';
import { LIMITS } from '../../../test/support/http1.ts';
import { askedTimeoutMs, isCall, statusOfHead, statusOfTrailers } from './call.ts';

function head(...lines: string[]): { parser: RequestParser; bytes: Buffer } {
  const bytes = Buffer.from(['POST /a.B/C HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n'), 'latin1');
  const parser = new RequestParser(LIMITS);
  assert.equal(parser.parse(bytes, 0, bytes.length), bytes.length);
  return { parser, bytes };
}

function isCallOf(...lines: string[]): boolean {
  const { parser, bytes } = head(...lines);
  return isCall(parser, bytes, 0);
}

test('a call is told by its content type', () => {
  for (const type of ['application/grpc', 'application/grpc+proto', 'Application/GRPC; charset=utf-8', 'application/grpc ;a=b']) {
    assert.equal(isCallOf(`Content-Type: ${type}`), true, type);
  }
  for (const type of ['application/grpc-web', 'application/grpc-web+proto', 'application/grpcx', 'application/json', 'application/grp']) {
    assert.equal(isCallOf(`Content-Type: ${type}`), false, type);
  }
  assert.equal(isCallOf(), false);
  assert.equal(isCallOf('Content-Type: application/grpc', 'Content-Type: application/grpc'), false, 'two are none');
});

test('a timeout that cannot be read is none', () => {
  const asked = (...lines: string[]): number | null => {
    const { parser, bytes } = head(...lines);
    return askedTimeoutMs(parser, bytes, 0);
  };
  assert.equal(asked('grpc-timeout: 250m'), 250);
  assert.equal(asked('GRPC-Timeout: 2S'), 2_000);
  assert.equal(asked('grpc-timeout: 0n'), 0);
  assert.equal(asked('grpc-timeout: soon'), null);
  assert.equal(asked('grpc-timeout: 1S', 'grpc-timeout: 2S'), null);
  assert.equal(asked(), null);
});

test('the status stands in the head or in the trailers; without one, the HTTP status says what it can', () => {
  const { parser, bytes } = head('grpc-status: 14');
  assert.equal(statusOfHead(parser, bytes, 0, 200), 14);
  const bare = head();
  assert.equal(statusOfHead(bare.parser, bare.bytes, 0, 200), 2);
  assert.equal(statusOfHead(bare.parser, bare.bytes, 0, 503), 14);
  assert.equal(statusOfTrailers('grpc-status: 5\r\n', 200), 5);
  assert.equal(statusOfTrailers('a: b\r\ngrpc-status:0\r\ngrpc-message: x\r\n', 200), 0);
  assert.equal(statusOfTrailers('x-grpc-status: 5\r\ngrpc-status-details-bin: AA\r\n', 200), 2);
  assert.equal(statusOfTrailers('grpc-status: 99\r\n', 200), 2);
  assert.equal(statusOfTrailers('', 404), 12);
});
