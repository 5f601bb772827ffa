/** How `compress` is written. */
import * as z from 'zod';
import { CODINGS } from '../../../core/compression/accept-encoding.ts';
import { COMPRESSIBLE_TYPES, MEDIA_TYPE_PATTERN } from '../../../core/compression/media-types.ts';
import type { CompressPlan } from '../../filters/compress-plan.ts';
import { choice, flag, listOf, size, whole } from '../scalar.ts';
import { preset, section } from '../section.ts';

const TYPE_ALLOWED = "must be a media type in lower case, such as 'application/json', 'text/*' or 'application/*+json'";
const TYPES_MAX = 256;

const gzipLevel = whole(1, 9);
const levels = section('a level of gzip (1..9), or an object of levels such as { gzip: 5, br: 4, zstd: 3 }', {
  gzip: gzipLevel.default(5).describe('1 (fast) to 9 (small).'),
  br: whole(0, 11).default(4).describe('0 (fast) to 11 (small). Above 5 too slow for what is not kept in a cache.'),
  zstd: whole(1, 19).default(3).describe('1 (fast) to 19 (small).'),
});

export const compressSchema = section("an object such as { level: 6, minSize: '4KiB' }", {
  codings: preset(
    listOf(choice(CODINGS), "codings: 'zstd', 'br', 'gzip'", CODINGS.length).refine(
      (codings) => codings.length > 0 && new Set(codings).size === codings.length,
      "must name at least one of 'zstd', 'br', 'gzip', each once",
    ),
    [...CODINGS],
  ).describe('What is offered, dearest first: among codings that a client likes equally the first one is taken.'),
  level: preset(
    z.union([gzipLevel.transform((gzip) => ({ ...levels.parse({}), gzip })), levels], {
      error: 'must be a level of gzip (1..9), or an object of levels such as { gzip: 5, br: 4, zstd: 3 }',
    }),
    {},
  ).describe('How much time is spent: a number is a level of gzip.'),
  types: preset(
    listOf(z.string({ error: TYPE_ALLOWED }).max(127, TYPE_ALLOWED).regex(MEDIA_TYPE_PATTERN, TYPE_ALLOWED), 'media types', TYPES_MAX),
    [...COMPRESSIBLE_TYPES],
  ).describe("Media types that are compressed. 'text/event-stream' only where it is named: then each event is passed on as it comes."),
  minSize: preset(size('0B', '1GiB'), '1KiB').describe('Content that is known to be shorter is sent as it is.'),
  breach: preset(choice(['none', 'pad', 'skip-credentials']), 'none').describe(
    "Against BREACH, where replies hold a secret and text that a request chose. 'skip-credentials': nothing is compressed for requests with a cookie or Authorization that may come from another site. 'pad': lengths vary at random (only gzip is offered), which makes the attack slower.",
  ),
  offload: flag()
    .default(false)
    .describe('Services are not told what clients take (no Accept-Encoding), so that all compressing is done here.'),
})
  .refine(({ codings, breach }) => breach !== 'pad' || codings.includes('gzip'), {
    error: "must have 'gzip' where breach is 'pad': no other coding can be padded",
    path: ['codings'],
  })
  .transform(({ codings, level, types, minSize, breach, offload }): CompressPlan => ({
    codings: breach === 'pad' ? ['gzip'] : codings,
    levels: level,
    types,
    bytesMin: minSize,
    breach,
    isOffloaded: offload,
  }))
  .meta({ id: 'CompressFilter', title: 'Compress', description: 'Compresses replies for clients that ask for it: zstd, brotli, gzip.' });
