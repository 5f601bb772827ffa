import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formText } from './form-text.ts';

test('a field is its text; a file and what is not there are none', () => {
  const form = new FormData();
  form.set('url', ' /a ');
  form.set('file', new File(['x'], 'x'));
  assert.deepEqual([formText(form, 'url'), formText(form, 'file'), formText(form, 'other')], ['/a', '', '']);
});
