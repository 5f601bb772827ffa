import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { normalizePath } from '../routing/path.ts';
import { filePath } from './file-path.ts';

const RULES = { dotfiles: false, prefix: '' };

describe('the file of a path', () => {
  const cases: readonly (readonly [path: string, name: string | null, isDirectory?: boolean])[] = [
    ['/', '', true],
    ['/a.html', 'a.html'],
    ['/a/b/', 'a/b', true],
    ['/gr%C3%BC%C3%9Fe.txt', 'grüße.txt'],
    ['/a%20b', 'a b'],
    ['/%252e%252e/x', '%2e%2e/x'],
    ['/.well-known/acme', '.well-known/acme'],
    ['/..a', null],
    ['/.git/config', null],
    ['/a/.env', null],
    ['/../x', null],
    ['/a/../../x', null],
    ['/a/./b', null],
    ['/%2e%2e/x', null],
    ['/a%2Fb', null],
    ['/a%2f..%2fb', null],
    ['/a%5C..', null],
    ['/a\\b', null],
    ['/a%00.html', null],
    ['/a%0Ab', null],
    ['//etc/passwd', null],
    ['/a//b', null],
    ['/%C0%AE%C0%AE/x', null],
    ['/%FF', null],
    ['/%zz', null],
    [`/${'a'.repeat(256)}`, null],
    [`/${'a/'.repeat(3000)}`, null],
    ['*', null],
  ];
  for (const [path, name, isDirectory = false] of cases) {
    test(`${JSON.stringify(path.slice(0, 40))} is ${name === null ? 'none' : JSON.stringify(name)}`, () => {
      assert.deepEqual(filePath(path, RULES), name === null ? null : { name, isDirectory });
    });
  }

  test('may have a dot in front where that is allowed, but is never a step upwards', () => {
    const rules = { dotfiles: true, prefix: '' };
    assert.equal(filePath('/.env', rules)?.name, '.env');
    assert.equal(filePath('/..', rules), null);
    assert.equal(filePath('/.', rules), null);
  });

  test('stands behind the prefix, and nowhere else', () => {
    const rules = { dotfiles: false, prefix: '/assets' };
    assert.deepEqual(filePath('/assets/a.js', rules), { name: 'a.js', isDirectory: false });
    assert.deepEqual(filePath('/assets', rules), { name: '', isDirectory: false });
    assert.equal(filePath('/assetsx/a.js', rules), null);
    assert.equal(filePath('/a.js', rules), null);
    assert.equal(filePath('/assets/../a.js', rules), null);
  });
});

test('no path that a listener lets pass leads upwards, however it is spelled', () => {
  const bit = fc.constantFrom(
    '.',
    '..',
    '/',
    '%2e',
    '%2E',
    '%2f',
    '%5c',
    '\\',
    '%00',
    '%252e',
    '%c0%ae',
    ';',
    'a',
    'b.html',
    '%25',
    '~',
    ':',
  );
  fc.assert(
    fc.property(fc.array(bit, { maxLength: 12 }), fc.boolean(), (bits, mergeSlashes) => {
      const path = normalizePath(`/${bits.join('')}`, { mergeSlashes, encodedSlashes: 'keep' });
      if (path === null) return;
      const file = filePath(path, { dotfiles: true, prefix: '' });
      if (file === null || file.name === '') return;
      for (const segment of file.name.split('/'))
        assert.ok(segment !== '' && segment !== '.' && segment !== '..' && !/[\\\0]/.test(segment), path);
    }),
    { numRuns: 2_000 },
  );
});
