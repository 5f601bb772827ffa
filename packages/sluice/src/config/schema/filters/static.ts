/** How `static` is written: `{ static: { root: './public' } }`, or with the directory alone. */
import * as z from 'zod';
import { CODINGS } from '../../../core/compression/accept-encoding.ts';
import type { StaticPlan } from '../../filters/static-plan.ts';
import { headerValue } from '../header.ts';
import { choice, flag, listOf, text } from '../scalar.ts';
import { named, preset, section } from '../section.ts';

const PREFIX_ALLOWED = "must be a path such as '/assets', with a slash in front and none at its end";
const FALLBACK_ALLOWED = "must be a path below the root, such as '/index.html', or false";
const INDEX_ALLOWED = "must be a file's name, such as 'index.html'";
const EXTENSION_ALLOWED = "must be a file name's end in lower case without its dot, such as 'webp'";
const PATTERN_ALLOWED = "must be a pattern of paths, such as '/assets/*' or '*.html'";

const root = text('a directory', 4096);
const cacheValue = headerValue();
const patterns = named(
  'an object of patterns and values',
  z.string({ error: PATTERN_ALLOWED }).min(1, PATTERN_ALLOWED).max(1024, PATTERN_ALLOWED),
  cacheValue,
);

const options = section("an object such as { root: './public' }", {
  root: root.describe("The directory; relative to the configuration's file."),
  prefix: z
    .string({ error: PREFIX_ALLOWED })
    .regex(/^(?:\/[^/?#%\\\0-\x20\x7f]+)*$/, PREFIX_ALLOWED)
    .default('')
    .describe("Left out of the path's front: with '/assets', /assets/app.js is app.js."),
  index: preset(
    listOf(z.string({ error: INDEX_ALLOWED }).regex(/^[^/\\\0-\x1f]{1,255}$/, INDEX_ALLOWED), 'names of files', 16),
    'index.html',
  ).describe('What stands for a directory: the first that is there.'),
  fallback: preset(
    z.union(
      [
        z.literal(false).transform(() => null),
        z.string({ error: FALLBACK_ALLOWED }).regex(/^\/[^?#%\\\0-\x1f]+[^/?#%\\\0-\x1f]$/, FALLBACK_ALLOWED),
      ],
      {
        error: FALLBACK_ALLOWED,
      },
    ),
    false,
  ).describe(
    'Served with 200 where a page is not there, so that an application in the browser can look at the path: for requests that accept HTML, and paths whose last segment has no dot.',
  ),
  listing: flag().default(false).describe('Directories without an index are listed.'),
  dotfiles: flag().default(false).describe('Names with a dot in front may be asked for. `.well-known` always may.'),
  symlinks: choice(['inside', 'all', 'none'])
    .default('inside')
    .describe("Symbolic links: 'inside' follows those that stay below the root, 'all' any, 'none' none."),
  precompressed: preset(
    z.union([z.literal(false).transform((): [] => []), listOf(choice(CODINGS), "codings: 'zstd', 'br', 'gzip'", CODINGS.length)], {
      error: "must be codings: 'zstd', 'br', 'gzip', or false",
    }),
    false,
  ).describe(
    'Codings whose files stand beside (`app.js.zst`, `.br`, `.gz`), dearest first: sent to clients that take them. nginx: `gzip_static`.',
  ),
  cacheControl: preset(
    z.union([cacheValue.transform((value) => ({ '*': value })), patterns], {
      error:
        "must be a Cache-Control, or an object of patterns such as { '/assets/*': 'public, max-age=31536000, immutable', '*': 'no-cache' }",
    }),
    {},
  ).describe('Cache-Control by path below the root (`*` stands for anything); the first pattern that fits.'),
  types: preset(
    named(
      'an object of extensions and media types',
      z.string({ error: EXTENSION_ALLOWED }).regex(/^[a-z0-9_+-]{1,32}$/, EXTENSION_ALLOWED),
      headerValue(),
    ),
    {},
  ).describe('Media types by extension, beyond the known ones.'),
}).meta({ id: 'StaticFilter', title: 'Static files', description: 'Serves the files of a directory.' });

export const staticSchema = z
  .union([root.transform((directory) => options.parse({ root: directory })), options], {
    error: "must be a directory, or an object such as { root: './public' }",
  })
  .transform(({ listing, cacheControl, ...rest }): StaticPlan => ({
    ...rest,
    isListed: listing,
    cacheControl: Object.entries(cacheControl).map(([pattern, value]) => ({ pattern, value })),
  }));
