/** How `compress`, `static`, `bodyLimit` and `decompressLimit` are written, and what is said of what cannot be. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile } from '../../compile.ts';
import type { FilterPlan } from '../../filter-plan.ts';
import { validate, type Validation } from '../../validate.ts';

function validated(filter: unknown): Validation {
  const routes = [{ path: '/*', to: 'a', filters: [filter] }];
  return validate({ listeners: { web: { http: ':1' } }, services: { a: { endpoints: ['127.0.0.1:2'] } }, routes }, () => null);
}

function planOf(filter: unknown): FilterPlan['options'] {
  const validation = validated(filter);
  assert.ok(validation.ok, JSON.stringify(validation));
  return compile(validation.config, { generation: 1, cores: 1 }).routes[0]!.filters[0]!.options;
}

function faultsOf(filter: unknown): string {
  const validation = validated(filter);
  return validation.ok ? '' : validation.faults.map(({ message }) => message).join('\n');
}

describe('a short form', () => {
  test('of compress has levels, types and codings', () => {
    const { types, ...rest } = planOf('compress') as { types: readonly string[] };
    const levels = { gzip: 5, br: 4, zstd: 3 };
    assert.deepEqual(rest, { codings: ['zstd', 'br', 'gzip'], levels, bytesMin: 1024, breach: 'none', isOffloaded: false });
    assert.ok(types.includes('text/*') && !types.some((type) => /^(?:video|audio)\//.test(type)));
    assert.deepEqual((planOf({ compress: { level: 9 } }) as { levels: unknown }).levels, { ...levels, gzip: 9 });
    assert.deepEqual((planOf({ compress: { level: { br: 1 }, codings: 'br' } }) as { levels: unknown }).levels, { ...levels, br: 1 });
    assert.deepEqual((planOf({ compress: { breach: 'pad' } }) as { codings: unknown }).codings, ['gzip']);
  });

  test('of bodyLimit is a size, or 1 MiB', () => {
    assert.deepEqual(planOf({ bodyLimit: '10MiB' }), { bytesMax: 10_485_760 });
    assert.deepEqual(planOf('bodyLimit'), { bytesMax: 1_048_576 });
    assert.deepEqual(planOf({ bodyLimit: { max: '0B' } }), { bytesMax: 0 });
  });

  test('of decompressLimit is 10 MiB and a hundredfold', () => {
    assert.deepEqual(planOf('decompressLimit'), { mode: 'decode', bytesMax: 10_485_760, ratioMax: 100 });
  });

  test('of static is its directory', () => {
    assert.deepEqual(planOf({ static: './public' }), {
      root: './public',
      prefix: '',
      index: ['index.html'],
      fallback: null,
      isListed: false,
      dotfiles: false,
      symlinks: 'inside',
      precompressed: [],
      cacheControl: [],
      types: {},
    });
    const { cacheControl } = planOf({ static: { root: 'a', cacheControl: 'no-cache' } }) as { cacheControl: unknown };
    assert.deepEqual(cacheControl, [{ pattern: '*', value: 'no-cache' }]);
  });
});

describe('what cannot be is a fault that says what can', () => {
  const cases: readonly (readonly [filter: unknown, said: RegExp])[] = [
    [{ compress: { codings: [] } }, /compress\.codings must name at least one of 'zstd', 'br', 'gzip', each once/],
    [{ compress: { codings: ['gzip', 'gzip'] } }, /each once/],
    [{ compress: { codings: 'deflate' } }, /codings.*'zstd', 'br', 'gzip'/],
    [{ compress: { codings: ['br'], breach: 'pad' } }, /codings must have 'gzip' where breach is 'pad'/],
    [{ compress: { level: 10 } }, /level must be a level of gzip \(1\.\.9\)|1\.\.9/],
    [{ compress: { level: { zstd: 23 } } }, /1\.\.19/],
    [{ compress: { types: ['Text/HTML'] } }, /must be a media type in lower case/],
    [{ compress: { types: ['*/*'] } }, /must be a media type in lower case/],
    [{ compress: { minSize: 1024 } }, /minSize must be a size with a unit/],
    [{ compress: { minsize: '1KiB' } }, /minsize/],
    [{ bodyLimit: { max: '-1B' } }, /must be a size/],
    [{ bodyLimit: 1000 }, /must be a size such as '10MiB'/],
    [{ decompressLimit: { mode: 'drop' } }, /mode must be one of 'decode', 'check'/],
    [{ decompressLimit: { max: '1GiB' } }, /max must be a size with a unit.*256MiB/],
    [{ decompressLimit: { ratio: 0 } }, /ratio must be a number 1\.\.100000/],
    ['static', /static.*root/],
    [{ static: { root: 'a', prefix: '/assets/' } }, /prefix must be a path such as '\/assets'/],
    [{ static: { root: 'a', fallback: 'index.html' } }, /fallback must be a path below the root/],
    [{ static: { root: 'a', index: '../index.html' } }, /index.*file's name|names of files/],
    [{ static: { root: 'a', symlinks: true } }, /symlinks must be one of 'inside', 'all', 'none'/],
    [{ static: { root: 'a', cacheControl: 'a\r\nX: y' } }, /cacheControl must be a header value/],
    [{ static: { root: 'a', types: { '.WEBP': 'image/webp' } } }, /types/],
  ];
  for (const [filter, said] of cases) test(JSON.stringify(filter), () => assert.match(faultsOf(filter), said));
});
