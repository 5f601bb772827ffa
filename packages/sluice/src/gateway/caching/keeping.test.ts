import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestamp } from '../../base/time.ts';
import { NO_FIELDS } from '../../core/caching/http/fields.ts';
import { cacheSchema } from '../../config/schema/filters/cache.ts';
import { CacheRules } from './cache-rules.ts';
import { fieldsOf, tagsOf } from './entry-view.ts';
import { type CameHead, type Keeping, keepingOf } from './keeping.ts';

const NOW = timestamp(Date.UTC(2026, 0, 1));

function keeping(text: string, options: object = {}, ownTag: string | null = null): Keeping {
  const came: CameHead = { status: 200, text, bodyBytes: 10, requestedAt: NOW, receivedAt: NOW };
  return keepingOf(new CacheRules(cacheSchema.parse(options)), { fields: NO_FIELDS, isPersonal: false }, came, ownTag);
}

test('tags of all fields that the plan names are kept beside the head, and none of those fields in it', () => {
  const text = 'Cache-Control: max-age=60\r\nSurrogate-Key: one two\r\nCache-Tag: three, four\r\nX-Tags: five\r\n';
  const kept = keeping(text, { tagFields: ['surrogate-key', 'cache-tag', 'x-tags'] }, 'own');
  assert.ok(kept.keep);
  assert.deepEqual(kept.meta.tags, ['one', 'two', 'three', 'four', 'five', 'own']);
  assert.deepEqual(tagsOf(kept.meta.head), kept.meta.tags);
  assert.doesNotMatch(fieldsOf(kept.meta.head), /surrogate|tag|x-tags/i);
});

test('a reply with more tags than can be kept is not kept: a purge would not find it', () => {
  const tags = Array.from({ length: 64 }, (_, index) => `t${index}`).join(' ');
  assert.deepEqual(keeping(`Cache-Control: max-age=60\r\nSurrogate-Key: ${tags}\r\n`), { keep: false, reason: 'tags' });
});

test('a coding that servers choose by Accept-Encoding tells variants apart though nothing says so', () => {
  const of = (text: string): readonly string[] | null => {
    const kept = keeping(`Cache-Control: max-age=60\r\n${text}`);
    return kept.keep ? kept.names : null;
  };
  assert.deepEqual(of('Content-Encoding: gzip\r\n'), ['accept-encoding']);
  assert.deepEqual(of('Content-Encoding: br\r\nVary: Origin\r\n'), ['accept-encoding', 'origin']);
  assert.deepEqual(of('Content-Encoding: identity\r\n'), []);
  assert.equal(of('Content-Encoding: deflate\r\n'), null); // those who do not take it would share its key
});

test('what could never be served is not kept', () => {
  assert.deepEqual(keeping('Cache-Control: max-age=0\r\n'), { keep: false, reason: 'no-freshness' });
  assert.ok(keeping('Cache-Control: max-age=0\r\nETag: "a"\r\n').keep); // it can be validated
  assert.deepEqual(keeping('Content-Type: text/plain\r\n'), { keep: false, reason: 'no-freshness' });
  assert.ok(keeping('Content-Type: text/plain\r\n', { defaultTtl: '1m' }).keep);
});
