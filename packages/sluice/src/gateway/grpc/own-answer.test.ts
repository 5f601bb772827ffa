import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessOutcome } from '../../observe/access-log.ts';
import { callAnswer, endLines, type Call } from './own-answer.ts';

function call(outcome: AccessOutcome = 'complete', lines = ''): Call {
  const grpcType = lines === '' ? 'application/grpc' : 'application/grpc-web';
  return { grpcType, outcome, grpcStatus: -1, route: { responseEdits: { drops: '', lines } } };
}

test('a refusal is a head alone: 200, the status, a message', () => {
  const exchange = call('shed');
  assert.deepEqual(callAnswer(exchange, { status: 503, fields: 'Retry-After: 1\r\nContent-Type: text/html\r\n' }), {
    status: 200,
    fields: 'Content-Type: application/grpc\r\nRetry-After: 1\r\ngrpc-status: 14\r\ngrpc-message: service unavailable\r\n',
    body: '',
  });
  assert.equal(exchange.grpcStatus, 14);
});

test('a body becomes the message, in one line, percent-encoded and bounded', () => {
  const body = Buffer.from('a\r\nb: 100 % \u00e9').toString('latin1');
  assert.match(callAnswer(call(), { status: 403, body }).fields!, /grpc-status: 7\r\ngrpc-message: a%0D%0Ab: 100 %25 %C3%A9\r\n$/);
  assert.ok(callAnswer(call(), { status: 403, body: '\n'.repeat(5_000) + 'x'.repeat(5_000) }).fields!.length < 1_200);
});

test('content of a fixed response stays content', () => {
  const answer = { status: 200, body: 'hello' };
  assert.equal(callAnswer(call(), answer), answer);
});

test('what every reply of a route has is there for a browser, but for its content type', () => {
  const { fields } = callAnswer(call('complete', 'X-A: b\r\nContent-Type: c\r\n'), { status: 500 });
  assert.match(fields!, /^Content-Type: application\/grpc-web\r\nX-A: b\r\ngrpc-status: 2\r\n/);
});

test('a deadline is told from an endpoint that was late', () => {
  assert.equal(endLines(call('timeout-exchange'), 504), 'grpc-status: 4\r\ngrpc-message: deadline exceeded\r\n');
  assert.equal(endLines(call('timeout-response'), 504), 'grpc-status: 14\r\ngrpc-message: gateway timeout\r\n');
});
