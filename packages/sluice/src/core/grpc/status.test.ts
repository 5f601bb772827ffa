import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status as grpcJs } from '@grpc/grpc-js';
import {
  encodeGrpcMessage,
  GRPC_RETRY_ON,
  GRPC_STATUS,
  grpcOutcome,
  grpcStatusName,
  grpcStatusOfHttp,
  httpStatusOfGrpc,
  parseGrpcStatus,
  type GrpcStatus,
} from './status.ts';

const ALL = Object.values(GRPC_STATUS);

test('names and numbers are those of grpc-js', () => {
  assert.equal(ALL.length, 17);
  for (const status of ALL) assert.equal(grpcJs[status], grpcStatusName(status));
});

test('a status is one or two digits, else UNKNOWN', () => {
  for (const status of ALL) assert.equal(parseGrpcStatus(`${status}`), status);
  for (const text of ['', '17', '99', '-1', '00', '01', ' 0', '0 ', '1x', 'OK', '1e0', '0\n']) assert.equal(parseGrpcStatus(text), 2, text);
});

test('a reply without grpc-status is taken for what its HTTP status says', () => {
  const by = (wanted: GrpcStatus): number[] =>
    Array.from({ length: 600 }, (_, http) => http).filter((http) => grpcStatusOfHttp(http) === wanted);
  assert.deepEqual(by(GRPC_STATUS.INTERNAL), [400, 431]);
  assert.deepEqual(by(GRPC_STATUS.UNAUTHENTICATED), [401]);
  assert.deepEqual(by(GRPC_STATUS.PERMISSION_DENIED), [403]);
  assert.deepEqual(by(GRPC_STATUS.UNIMPLEMENTED), [404]);
  assert.deepEqual(by(GRPC_STATUS.UNAVAILABLE), [429, 502, 503, 504]);
  assert.equal(grpcStatusOfHttp(200), GRPC_STATUS.UNKNOWN);
});

test('every status has its HTTP status', () => {
  const table = Object.fromEntries(ALL.map((status) => [grpcStatusName(status), httpStatusOfGrpc(status)]));
  assert.deepEqual(table, {
    OK: 200,
    CANCELLED: 499,
    UNKNOWN: 500,
    INVALID_ARGUMENT: 400,
    DEADLINE_EXCEEDED: 504,
    NOT_FOUND: 404,
    ALREADY_EXISTS: 409,
    PERMISSION_DENIED: 403,
    RESOURCE_EXHAUSTED: 429,
    FAILED_PRECONDITION: 400,
    ABORTED: 409,
    OUT_OF_RANGE: 400,
    UNIMPLEMENTED: 501,
    INTERNAL: 500,
    UNAVAILABLE: 503,
    DATA_LOSS: 500,
    UNAUTHENTICATED: 401,
  });
});

test('what counts as a failure of the endpoint', () => {
  const by = (outcome: string): string[] => ALL.filter((status) => grpcOutcome(status) === outcome).map(grpcStatusName);
  assert.deepEqual(by('gateway'), ['DEADLINE_EXCEEDED', 'UNAVAILABLE']);
  assert.deepEqual(by('5xx'), ['UNKNOWN', 'UNIMPLEMENTED', 'INTERNAL', 'DATA_LOSS']);
});

test('retry conditions are the five of Envoy', () => {
  assert.deepEqual(GRPC_RETRY_ON, { cancelled: 1, 'deadline-exceeded': 4, internal: 13, 'resource-exhausted': 8, unavailable: 14 });
});

test('a message is percent-encoded', () => {
  assert.equal(encodeGrpcMessage('no endpoint, 100 %'), 'no endpoint, 100 %25');
  assert.equal(encodeGrpcMessage('é\r\n\x7f'), '%C3%A9%0D%0A%7F');
  assert.equal(decodeURIComponent(encodeGrpcMessage('日本\0~')), '日本\0~');
});
