import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { timestamp } from '../../../base/time.ts';
import { allowsRange, CONDITION_FIELDS, evaluateConditions, isForOrigin, type Selected, validationLines } from './conditional.ts';
import { listHasTag, matchesStrongly, matchesWeakly } from './entity-tag.ts';
import { TextFields } from './fields.ts';
import { withoutFields } from './stored-head.ts';

const DATE = 'Thu, 01 Jan 2026 12:00:00 GMT';
const MODIFIED = 'Thu, 01 Jan 2026 11:00:00 GMT';
const EARLIER = 'Thu, 01 Jan 2026 10:00:00 GMT';

const selected = (head: string, status = 200): Selected => ({
  status,
  fields: new TextFields(head),
  receivedAt: timestamp(Date.UTC(2026, 0, 1, 12)),
});
const told = (head: string, request: string, status = 200) => evaluateConditions(selected(head, status), new TextFields(request));

describe('entity tags', () => {
  test('strong and weak comparison (RFC 9110 §8.8.3.2)', () => {
    assert.deepEqual([matchesStrongly('W/"1"', 'W/"1"'), matchesWeakly('W/"1"', 'W/"1"')], [false, true]);
    assert.deepEqual([matchesStrongly('W/"1"', 'W/"2"'), matchesWeakly('W/"1"', 'W/"2"')], [false, false]);
    assert.deepEqual([matchesStrongly('W/"1"', '"1"'), matchesWeakly('W/"1"', '"1"')], [false, true]);
    assert.deepEqual([matchesStrongly('"1"', '"1"'), matchesWeakly('"1"', '"1"')], [true, true]);
  });

  test('a list is searched tag by tag; commas and backslashes belong to tags (RFC 9110 §8.8.3)', () => {
    assert.ok(listHasTag('"abcdef", "1234", "5678"', '"abcdef"'));
    assert.ok(listHasTag('"1234", W/"abcdef" ,"5678"', '"abcdef"'));
    assert.ok(listHasTag('"1234","5678","abcdef"', '"abcdef"'));
    assert.ok(listHasTag('"a,b", "c"', '"a,b"'));
    assert.ok(!listHasTag('"a,"b", "c"', '"b"'));
    assert.ok(listHasTag('"a\\", "b"', '"b"'));
    assert.ok(listHasTag('abcdef', 'abcdef') && listHasTag('w/"x"', 'w/"x"'));
    assert.ok(!listHasTag('', '') && !listHasTag(',', '"a"') && !listHasTag('"a', '"a"'));
  });
});

describe('conditions of clients', () => {
  test('If-None-Match that names the stored tag is 304, by weak comparison (RFC 9110 §13.1.2)', () => {
    assert.equal(told('ETag: "abcdef"\r\n', 'If-None-Match: "abcdef"\r\n'), 'not-modified');
    assert.equal(told('ETag: W/"abcdef"\r\n', 'If-None-Match: "1", "abcdef"\r\n'), 'not-modified');
    assert.equal(told('ETag: "abcdefü"\r\n', 'If-None-Match: "abcdefü"\r\n'), 'not-modified');
    assert.equal(told('ETag: "abcdef"\r\n', 'If-None-Match: "x"\r\n'), 'serve');
    assert.equal(told('', 'If-None-Match: "x"\r\n'), 'serve');
    assert.equal(told('', 'If-None-Match: *\r\n'), 'not-modified');
  });

  test('If-None-Match wins over If-Modified-Since, either way (RFC 9110 §13.2.2)', () => {
    const head = `Last-Modified: ${MODIFIED}\r\nETag: "a"\r\n`;
    assert.equal(told(head, `If-None-Match: "a"\r\nIf-Modified-Since: ${EARLIER}\r\n`), 'not-modified');
    assert.equal(told(head, `If-None-Match: "b"\r\nIf-Modified-Since: ${DATE}\r\n`), 'serve');
  });

  test('If-Modified-Since compares with Last-Modified, in any form of date (RFC 9110 §13.1.3)', () => {
    const head = `Last-Modified: ${MODIFIED}\r\n`;
    assert.equal(told(head, `If-Modified-Since: ${MODIFIED}\r\n`), 'not-modified');
    assert.equal(told(head, 'If-Modified-Since: Thursday, 01-Jan-26 11:00:00 GMT\r\n'), 'not-modified');
    assert.equal(told(head, `If-Modified-Since: ${DATE}\r\n`), 'not-modified');
    assert.equal(told(head, `If-Modified-Since: ${EARLIER}\r\n`), 'serve');
    assert.equal(told(head, 'If-Modified-Since: tomorrow\r\n'), 'serve');
  });

  test('without Last-Modified it compares with Date, then with the time of arrival (RFC 9111 §4.3.2)', () => {
    assert.equal(told(`Date: ${DATE}\r\n`, `If-Modified-Since: ${DATE}\r\n`), 'not-modified');
    assert.equal(told(`Date: ${DATE}\r\n`, `If-Modified-Since: ${MODIFIED}\r\n`), 'serve');
    assert.equal(told('', `If-Modified-Since: ${DATE}\r\n`), 'not-modified');
  });

  test('If-Match and If-Unmodified-Since are for the origin (RFC 9111 §4.3.2)', () => {
    assert.equal(told('ETag: "a"\r\n', 'If-Match: "a"\r\n'), 'forward');
    assert.equal(told('', `If-Unmodified-Since: ${DATE}\r\nIf-None-Match: *\r\n`), 'forward');
    assert.ok(!isForOrigin(new TextFields('If-None-Match: *\r\nIf-Range: "a"\r\n')));
  });

  test('conditions on what is no success are ignored (RFC 9110 §13.2.1)', () => {
    for (const status of [301, 404, 503]) assert.equal(told('ETag: "a"\r\n', 'If-None-Match: "a"\r\n', status), 'serve', `${status}`);
    assert.equal(told('ETag: "a"\r\n', 'If-None-Match: "a"\r\n', 203), 'not-modified');
  });
});

describe('If-Range', () => {
  const holds = (head: string, condition: string) => allowsRange(selected(head), new TextFields(`If-Range: ${condition}\r\n`));

  test('a tag must be strong and equal (RFC 9110 §13.1.5)', () => {
    assert.ok(holds('ETag: "a"\r\n', '"a"'));
    assert.ok(!holds('ETag: "b"\r\n', '"a"'));
    assert.ok(!holds('ETag: W/"a"\r\n', 'W/"a"'));
    assert.ok(!holds('ETag: W/"a"\r\n', '"a"'));
    assert.ok(!holds('', '"a"'));
  });

  test('a date must be exactly a Last-Modified that is strong (RFC 9110 §13.1.5, §8.8.2.2)', () => {
    const head = `Date: ${DATE}\r\nLast-Modified: ${MODIFIED}\r\n`;
    assert.ok(holds(head, MODIFIED));
    assert.ok(!holds(head, DATE));
    assert.ok(!holds(`Date: ${DATE}\r\nLast-Modified: ${DATE}\r\n`, DATE));
    assert.ok(!holds(`Last-Modified: ${MODIFIED}\r\n`, MODIFIED));
    assert.ok(!holds(head, 'yesterday'));
  });

  test('without it the range counts', () => {
    assert.ok(allowsRange(selected(''), new TextFields('')));
  });
});

describe('validation', () => {
  test('what the client asked about its own copy is taken out of what we ask (RFC 9111 §4.3.1)', () => {
    const request = 'A: 1\r\nIf-None-Match: "x"\r\nRANGE: bytes=0-1\r\nIf-Range: "x"\r\nif-modified-since: y\r\nIf-Modified: z\r\n';
    assert.equal(withoutFields(request, CONDITION_FIELDS), 'A: 1\r\nIf-Modified: z\r\n');
  });

  test('the origin is asked with both stored validators as they came (RFC 9111 §4.3.1)', () => {
    assert.equal(
      validationLines(new TextFields(`Last-Modified: ${MODIFIED}\r\nETag: W/"a"\r\n`)),
      `If-None-Match: W/"a"\r\nIf-Modified-Since: ${MODIFIED}\r\n`,
    );
    assert.equal(validationLines(new TextFields('ETag: "a"\r\n')), 'If-None-Match: "a"\r\n');
    assert.equal(validationLines(new TextFields('ETag:\r\n')), '');
  });
});
