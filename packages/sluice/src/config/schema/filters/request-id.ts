/** How `requestId` is written. */
import type { RequestIdPlan } from '../../filters/request-id-plan.ts';
import { editableHeaderName } from '../header.ts';
import { choice, flag } from '../scalar.ts';
import { section } from '../section.ts';

export const requestIdSchema = section("an object such as { header: 'X-Correlation-Id' }", {
  header: editableHeaderName().default('X-Request-Id').describe('Header that carries it, to the service and in the reply.'),
  accept: choice(['trusted', 'any', 'none'])
    .default('trusted')
    .describe('Whose ids are kept where they are short and harmless: those of trusted proxies, of `any` client, of `none`.'),
  format: choice(['uuid7', 'uuid4', 'hex', 'short'])
    .default('uuid7')
    .describe(
      'New ids: `uuid7` sorts by time (RFC 9562), `uuid4` is random, `hex` is 32 digits as in trace ids, `short` is unique and cheapest.',
    ),
  echo: flag().default(true).describe('Whether the reply says it, too.'),
})
  .transform((given): RequestIdPlan => given)
  .meta({
    id: 'RequestIdFilter',
    title: 'Request ids',
    description: 'A name for each request: in the access log, to the service and in the reply.',
  });
