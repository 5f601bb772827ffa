/** How `decompressLimit` is written. */
import type { DecompressLimitPlan } from '../../filters/decompress-limit-plan.ts';
import { choice, decimal, size } from '../scalar.ts';
import { preset, section } from '../section.ts';

export const decompressLimitSchema = section("an object such as { max: '10MiB', ratio: 100 }", {
  mode: choice(['decode', 'check'])
    .default('decode')
    .describe("'decode': the service gets the content without its coding. 'check': as it came, once it is known to be sound."),
  max: preset(size('1KiB', '256MiB'), '10MiB').describe(
    'How large decoded content may be. It is kept in memory until the service takes it, so that nothing of a bad request gets there.',
  ),
  ratio: decimal(1, 100_000).default(100).describe('How many bytes one byte may become; the first 64 KiB are free. Text comes to 5 to 20.'),
})
  .transform(({ mode, max, ratio }): DecompressLimitPlan => ({ mode, bytesMax: max, ratioMax: ratio }))
  .meta({
    id: 'DecompressLimitFilter',
    title: 'Decompress limit',
    description:
      'Decodes compressed requests (gzip, deflate, zstd) under bounds: decompression bombs are answered 413, brotli and codings in codings 415.',
  });
