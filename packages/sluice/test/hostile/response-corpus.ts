/**
 * Origins that break the rules in their response. `refused`: the fault is visible before a head can be passed on, so the client gets 502.
 * `cut`: the head is gone already, so the connection must be cut: the client must be able to see that the reply is not whole.
 */
import type { OriginConnection, OriginScript } from '../support/hostile-origin.ts';

export interface HostileResponse {
  readonly attack: string;
  readonly name: string;
  readonly script: string | OriginScript;
  readonly outcome: 'refused' | 'cut' | 'refused or cut';
}

const EXTRA = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nPOISONED';

function after(text: string, then: (connection: OriginConnection) => void): OriginScript {
  return async (connection) => {
    await connection.head();
    connection.write(text);
    await connection.sleep(60);
    then(connection);
  };
}

const reset = (connection: OriginConnection): void => connection.reset();
const end = (connection: OriginConnection): void => connection.end();

function rows(
  attack: string,
  outcome: HostileResponse['outcome'],
  entries: Readonly<Record<string, string | OriginScript>>,
): HostileResponse[] {
  return Object.entries(entries).map(([name, script]) => ({ attack, name, script, outcome }));
}

const heads = rows('malformed response head', 'refused', {
  'not HTTP': 'hello there\r\n\r\n',
  'FTP greeting': '220 ready\r\n',
  'closes without a byte': '',
  'closes inside the status line': 'HTTP/1.1 20',
  'closes inside the fields': 'HTTP/1.1 200 OK\r\nContent-Le',
  'resets before a byte': async (connection) => {
    await connection.head();
    connection.reset();
  },
  'resets inside the head': after('HTTP/1.1 200 OK\r\nContent-Le', reset),
  'HTTP/2.0 status line': 'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/0.9 style': '<html>hello</html>',
  'ICY 200 OK': 'ICY 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'two-digit status': 'HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok',
  'four-digit status': 'HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok',
  'status 000': 'HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nok',
  'status with a sign': 'HTTP/1.1 +20 OK\r\nContent-Length: 2\r\n\r\nok',
  'bare LF line endings': 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
  'bare CR in a value': 'HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 2\r\n\r\nok',
  'bare LF in a value (response splitting)': 'HTTP/1.1 200 OK\r\nA: b\nSet-Cookie: evil=1\r\nContent-Length: 2\r\n\r\nok',
  'NUL in a value': 'HTTP/1.1 200 OK\r\nA: b\0c\r\nContent-Length: 2\r\n\r\nok',
  'NUL in a name': 'HTTP/1.1 200 OK\r\nA\0: b\r\nContent-Length: 2\r\n\r\nok',
  'NUL in the reason': 'HTTP/1.1 200 O\0K\r\nContent-Length: 2\r\n\r\nok',
  'space before a colon': 'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok',
  'obs-fold': 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\nok',
  'empty field name': 'HTTP/1.1 200 OK\r\n: b\r\nContent-Length: 2\r\n\r\nok',
  'line without a colon': 'HTTP/1.1 200 OK\r\nhello\r\nContent-Length: 2\r\n\r\nok',
  'head over 32 KiB': `HTTP/1.1 200 OK\r\n${`A: ${'b'.repeat(1000)}\r\n`.repeat(40)}Content-Length: 2\r\n\r\nok`,
  'head without an end': `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(300_000)}`,
  'more than 100 fields': `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(120)}Content-Length: 2\r\n\r\nok`,
});

const framing = rows('response framing', 'refused', {
  'Content-Length with Transfer-Encoding': `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
  'two Content-Lengths that differ': `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\nok${EXTRA}`,
  'signed Content-Length': 'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok',
  'negative Content-Length': 'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok',
  'hexadecimal Content-Length': 'HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok',
  'list in Content-Length': 'HTTP/1.1 200 OK\r\nContent-Length: 2, 4\r\n\r\nok',
  'empty Content-Length': 'HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok',
  'unknown Transfer-Encoding': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  'chunked, identity': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  'Transfer-Encoding twice': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  'chunked in HTTP/1.0': 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
});

const interim = rows('interim responses', 'refused', {
  'unsolicited 101': 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello',
  'unsolicited 101 without fields': 'HTTP/1.1 101 Switching Protocols\r\n\r\nhello',
  'flood of 100s': async (connection) => {
    await connection.head();
    for (let count = 0; count < 20_000 && connection.ending === null; count++) {
      connection.write('HTTP/1.1 100 Continue\r\n\r\n');
      if (count % 500 === 0) await connection.sleep(1);
    }
    connection.end();
  },
  '102 and then nothing': 'HTTP/1.1 102 Processing\r\n\r\n',
  '100 with a body length': 'HTTP/1.1 100 Continue\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
});

const truncation = rows('truncated response', 'cut', {
  'Content-Length, FIN in the body': after('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', end),
  'Content-Length, reset in the body': after('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', reset),
  'Content-Length, FIN at once': 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n',
  'Content-Length, one byte short': `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n${'x'.repeat(99)}`,
  'chunked, FIN inside a chunk': after('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf', end),
  'chunked, FIN between chunks': after('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', end),
  'chunked, FIN after the last size': after('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n', end),
  'chunked, reset between chunks': after('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', reset),
  'chunked, no final chunk at once': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  'to close, reset in the body': after('HTTP/1.1 200 OK\r\n\r\nhalf', reset),
});

const chunks = rows('bad response chunks', 'refused or cut', {
  'size is not hexadecimal': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n',
  'signed size': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+2\r\nok\r\n0\r\n\r\n',
  'prefixed size': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nok\r\n0\r\n\r\n',
  'space before the size': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n 2\r\nok\r\n0\r\n\r\n',
  'overflowing size': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000002\r\nok\r\n0\r\n\r\n',
  'bare LF after a size': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n',
  'no CRLF after the data': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok0\r\n\r\n',
  'data longer than its size': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokk\r\n0\r\n\r\n',
  'bare LF closes the trailers': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\n',
  'NUL in a trailer': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: \0\r\n\r\n',
  'endless extension': `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;${'a'.repeat(9000)}\r\nok\r\n0\r\n\r\n`,
  'endless trailers': `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n${'A: b\r\n'.repeat(3000)}\r\n`,
});

/** Every response that must not come out as a clean one. */
export const hostileResponses: readonly HostileResponse[] = [...heads, ...framing, ...interim, ...truncation, ...chunks];
