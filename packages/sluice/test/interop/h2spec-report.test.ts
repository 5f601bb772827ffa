import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readH2spec } from './h2spec-report.ts';

const TEXT = `Generic tests for HTTP/2 server
  1. Starting HTTP/2
    ✔ 1: Sends a client connection preface
Hypertext Transfer Protocol Version 2 (HTTP/2)
  5. Streams
    × 8: closed: Sends a frame

Failures: 

Hypertext Transfer Protocol Version 2 (HTTP/2)
  5. Streams
    5.1. Stream States
      using source address 127.0.0.1:43966
      × 8: closed: Sends a frame
        -> The endpoint MUST treat this as a stream error.
           Expected: GOAWAY Frame (Error Code: STREAM_CLOSED)
                     Connection closed
             Actual: Timeout

HPACK: Header Compression for HTTP/2
  4.2. Maximum Table Size
      × 1: Sends a size update at the end
        -> The endpoint MUST treat this as a decoding error.
           Expected: Connection closed
             Actual: DATA Frame (length:0, flags:0x01, stream_id:5)

Finished in 14.1767 seconds
146 tests, 144 passed, 0 skipped, 2 failed
`;

test('the figure and each failed case with its clause are read', () => {
  assert.deepEqual(readH2spec(TEXT), {
    cases: 146,
    passed: 144,
    failures: [
      { section: 'HTTP/2 5.1. Stream States', number: 8, title: 'closed: Sends a frame', actual: 'Timeout' },
      {
        section: 'HPACK 4.2. Maximum Table Size',
        number: 1,
        title: 'Sends a size update at the end',
        actual: 'DATA Frame (length:0, flags:0x01, stream_id:5)',
      },
    ],
  });
});

test('a run in which all passed has no failures', () => {
  assert.deepEqual(readH2spec('✔ 1: Sends\n\nFinished in 2.0 seconds\n1 tests, 1 passed, 0 skipped, 0 failed\n'), {
    cases: 1,
    passed: 1,
    failures: [],
  });
});

test('a run that did not reach its end is no report', () => {
  assert.equal(readH2spec('Error: dial tcp 127.0.0.1:1: connect: connection refused'), null);
  assert.equal(readH2spec(TEXT.slice(0, -30)), null);
});
