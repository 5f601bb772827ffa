import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSE_CODE, closeFrame, pingFrame } from './frames.ts';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

test('a close frame of a server', () => {
  assert.equal(hex(closeFrame(CLOSE_CODE.goingAway)), '880203e9');
  assert.equal(hex(closeFrame(CLOSE_CODE.goingAway, 'bye')), '880503e9627965');
});

test('a close frame of a client is masked', () => {
  assert.equal(hex(closeFrame(1000, 'b', Uint8Array.of(1, 2, 3, 4))), '888301020304' + '02ea61');
});

test('a ping frame, as RFC 6455 §5.7 shows it', () => {
  assert.equal(hex(pingFrame(Buffer.from('Hello'))), '890548656c6c6f');
  assert.equal(hex(pingFrame()), '8900');
});

test('a masked frame, as RFC 6455 §5.7 shows it', () => {
  assert.equal(hex(pingFrame(Buffer.from('Hello'), Uint8Array.from([0x37, 0xfa, 0x21, 0x3d]))), '898537fa213d7f9f4d5158');
});

test('a reason has at most 123 bytes of UTF-8', () => {
  assert.equal(closeFrame(1001, 'é'.repeat(61)).length, 126);
  assert.throws(() => closeFrame(1001, 'é'.repeat(62)), /125 bytes/);
});

test('only codes that may stand in a frame are sent', () => {
  for (const code of [999, 1004, 1005, 1006, 1015, 2999, 5000]) assert.throws(() => closeFrame(code), /close code/, `${code}`);
  for (const code of [1000, 1003, 1007, 1014, 3000, 4999]) assert.equal(closeFrame(code).length, 4);
});

test('a masking key has four bytes', () => assert.throws(() => pingFrame(undefined, new Uint8Array(3)), /4 bytes/));
