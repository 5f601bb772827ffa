import { equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { assert, property, string } from 'fast-check';
import { apacheField, jsonString, labelValue } from './escape.ts';

const anyText = string({ unit: 'binary', maxLength: 60 });
const latin1 = string({ unit: 'binary', maxLength: 60 }).map((text) =>
  Array.from(text, (character) => String.fromCharCode(character.codePointAt(0)! & 0xff)).join(''),
);

test('a JSON string reads back as it was, whatever it holds', () => {
  assert(property(anyText, (text) => equal(JSON.parse(jsonString(text)), text)));
  assert(property(latin1, (text) => equal(JSON.parse(jsonString(text)), text)));
  equal(JSON.parse(jsonString('\ud800 alone')), '\ud800 alone');
});

test('a JSON string is printable ASCII alone', () => {
  assert(property(latin1, (text) => match(jsonString(text), /^"[\x20-\x7e]*"$/)));
  equal(jsonString('caf\u00e9 \u001b[31m\n'), '"caf\\u00e9 \\u001b[31m\\u000a"');
});

test('a combined field never holds a bare quote or anything but printable ASCII', () => {
  assert(property(latin1, (text) => match(apacheField(text), /^(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]|\\x[0-9a-f]{2})*$/)));
  equal(apacheField('a"b\\c\r\n\u00e9'), 'a\\"b\\\\c\\x0d\\x0a\\xe9');
});

test('a combined field writes characters above latin1 as their UTF-8 bytes', () => {
  equal(apacheField('\u20ac'), '\\xe2\\x82\\xac');
  equal(apacheField('\u0142'), '\\xc5\\x82');
});

test('a label value reads back as it was and stays on one line', () => {
  const unescape = (escaped: string): string => escaped.replaceAll(/\\(.)/g, (_, code: string) => (code === 'n' ? '\n' : code));
  assert(
    property(anyText, (text) => {
      const escaped = labelValue(text);
      match(escaped, /^(?:[^"\\\n]|\\["\\n])*$/);
      equal(unescape(escaped), text);
    }),
  );
});
