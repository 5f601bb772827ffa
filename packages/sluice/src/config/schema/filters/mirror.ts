/** How `mirror` is written. */
import type { MirrorPlan } from '../../filters/mirror-plan.ts';
import { editableHeaderName } from '../header.ts';
import { duration, listOf, name, share, size, whole } from '../scalar.ts';
import { preset, section } from '../section.ts';

export const mirrorSchema = section("an object such as { to: 'shadow', share: '10%' }", {
  to: name().describe('The service that gets the copies.'),
  share: preset(share(), 1).describe('Of requests.'),
  body: preset(size('0B', '64KiB'), '64KiB').describe('Requests with more content than this are not copied.'),
  concurrency: whole(1, 100_000).default(100).describe('Copies under way at a time in a worker; where there are as many, none is made.'),
  timeout: preset(duration('1ms', '10m'), '10s').describe('How long a copy may take.'),
  header: editableHeaderName().default('X-Sluice-Mirror').describe('Header that says of a copy that it is one; its value is `1`.'),
  remove: preset(listOf(editableHeaderName(), 'a header name', 64), []).describe(
    "Headers that copies do not have: `['authorization', 'cookie']`.",
  ),
})
  .transform(({ body, timeout, remove, ...rest }): MirrorPlan => ({
    ...rest,
    bodyBytesMax: body,
    timeoutMs: timeout,
    removes: remove.map((each) => each.toLowerCase()),
  }))
  .meta({
    id: 'MirrorFilter',
    title: 'Mirror',
    description: 'Copies of requests to another service, whose replies nobody sees and whose failures nobody feels.',
  });
