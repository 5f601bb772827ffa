/** What one server takes for a file and another for a value is never looked at as a file. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspectRequest } from '../../../test/support/waf-request.ts';
import { readPartHead } from './part-head.ts';

const ATTACK = "1' or 1=1-- ";
const TYPE = 'multipart/form-data; boundary=XX';
const body = (head: string, content: string): string => `--XX\r\n${head}\r\n\r\n${content}\r\n--XX--\r\n`;
const found = (type: string, text: string): readonly number[] => inspectRequest({ type, body: text }, 1).findings.map(({ id }) => id);

describe('the head of a part', () => {
  test('of browsers, curl and others is read as they mean it', () => {
    const ordinary: readonly (readonly [string, string, string[], boolean])[] = [
      ['Content-Disposition: form-data; name="a"', 'a', [], false],
      ['Content-Disposition: form-data; name="a"; filename="b c; d.txt"\r\nContent-Type: text/plain', 'a', ['b c; d.txt'], true],
      ['content-disposition: form-data; name="a"; filename="C:\\x\\y.txt"', 'a', ['C:\\x\\y.txt'], true],
      ['Content-Disposition: form-data; name=a; filename=b.txt;', 'a', ['b.txt'], true],
      ['Content-Disposition: form-data; name="a"; filename=""\r\nContent-Type: application/octet-stream', 'a', [''], false],
      ['Content-Disposition: form-data; name="a"; filename="b"; filename*=utf-8\'\'b', 'a', ['b'], true],
      ["Content-Disposition: form-data; name=a; filename*=utf-8''b", 'a', ["utf-8''b"], false],
      ['Content-Disposition: form-data; name="é[]"\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3', 'é[]', [], false],
      ['Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: binary', 'a', [], false],
    ];
    for (const [text, name, files, isFile] of ordinary) {
      const head = readPartHead(text);
      assert.deepEqual([head.name, head.fileNames.slice(0, 1), head.isFile], [name, files, isFile], text);
      assert.equal(head.isHidden, false, text);
      assert.equal(head.isOdd, false, text);
    }
  });

  test('that could be read in two ways is odd', () => {
    const form = 'Content-Disposition: form-data';
    const odd = [
      'Content-Type: text/plain',
      `${form}; name="a"\r\n${form}; name="b"; filename="c"`,
      `${form}; name="a"; name="b"`,
      `${form}; name="a"; filename="b"; filename="c"`,
      `${form}; name="a"; x='; filename=b'`,
      `${form}; name="a\\"; filename="b"`,
      `${form}; name="a"; filename="b`,
      `${form}; name="a"\r\n ; filename="b"`,
      `${form}; name="a"\nX: ; filename="b"`,
      `${form}; name="a"; name*0="b"`,
      `attachment; name="a"`,
      `Content-Disposition: attachment; name="a"`,
      `${form}; name="a"\r\nContent-Transfer-Encoding: base64`,
    ];
    for (const text of odd) assert.equal(readPartHead(text).isOdd, true, text);
    assert.equal(readPartHead(`${form}; name="a"\r\nContent-Type: text/plain; charset=utf-7`).isHidden, true);
  });
});

test('a value is looked at as one, whatever stands beside its name', () => {
  const form = 'Content-Disposition: form-data';
  for (const head of [
    `${form}; name="a"; x="; filename=b"`,
    `${form}; name="a; filename=b"`,
    `${form}; name="a"\r\nX-A: ; filename=b`,
    `${form}; name="a"; filename*=utf-8''b`,
    `${form}; name="a"; filename=""`,
    `${form}; name="a"; x='; filename=b'`,
  ])
    assert.ok(found(TYPE, body(head, ATTACK)).includes(4201), head);
  assert.deepEqual(found(TYPE, body(`${form}; name="a"; filename="b.txt"`, ATTACK)), []);
});

test('a part that only some servers see is refused', () => {
  const form = 'Content-Disposition: form-data';
  const hidden = `hi\n--XX\n${form}; name="q"\n\n${ATTACK}`;
  assert.ok(found(TYPE, body(`${form}; name="f"; filename="a.txt"`, hidden)).includes(2009));
  const second = `x\r\n--YY\r\n${form}; name="q"\r\n\r\n${ATTACK}`;
  for (const type of [`${TYPE};boundary*=YY`, `${TYPE}; boundary=YY`, `${TYPE}; boundary*0=YY`])
    assert.ok(found(type, body(`${form}; name="f"; filename="a.txt"`, second)).includes(2009), type);
});

test('JSON that is said to be a form is looked at as what it is', () => {
  const type = 'application/x-www-form-urlencoded';
  assert.deepEqual(found(type, `{"q":"${ATTACK}","z":"="}`), [4201]);
  assert.deepEqual(found(type, '{"q":"an ordinary text","list":[1,2]}'), []);
});

test('a form is one with any white space behind its type, and content of two types is looked at', () => {
  const text = 'a=1+union+select+password+from+users';
  for (const type of ['application/x-www-form-urlencoded\t; charset=utf-8', 'image/png, application/x-www-form-urlencoded'])
    assert.deepEqual(found(type, text), [4200], type);
});

test('takes time in proportion to its length', () => {
  const time = (text: string): number => {
    const start = process.cpuUsage();
    readPartHead(text);
    return process.cpuUsage(start).user / 1000;
  };
  for (const piece of [' ', '\t;', ';a=', "'", '"', ';a="', ';name=a', 'a', '\r\n', '\\'])
    for (const start of [
      'Content-Disposition: form-data',
      'Content-Disposition: form-data; name=a',
      'Content-Disposition: form-data; name="a"',
    ])
      assert.ok(time(`${start}${piece.repeat(200_000 / piece.length)}x`) < 500, JSON.stringify(piece));
});
