/** How `headers` is written. */
import { headerTemplate, TEMPLATE_NAMES } from '../../../core/filters/header-template.ts';
import type { HeaderChanges, HeadersPlan } from '../../filters/headers-plan.ts';
import { editableHeaderName, headerValue } from '../header.ts';
import { listOf } from '../scalar.ts';
import { named, preset, section } from '../section.ts';

const FIELDS = 'an object of header names and values';

const value = headerValue().superRefine((given, context) => {
  const template = headerTemplate(given);
  if (!('unknown' in template)) return;
  const known = TEMPLATE_NAMES.map((name) => `{${name}}`).join(', ');
  context.addIssue({ code: 'custom', message: `must not have {${template.unknown}}\nthere are ${known}` });
});

const changes = section("an object such as { set: { 'x-env': 'prod' }, remove: ['server'] }", {
  set: preset(named(FIELDS, editableHeaderName(), value), {}).describe(
    'Headers to set: replaces what is there. Values may have `{host}`, `{method}`, `{path}`, `{scheme}`, `{route}`, `{requestId}`, `{client.address}` and `{user}`.',
  ),
  add: preset(named(FIELDS, editableHeaderName(), listOf(value, 'a header value', 16)), {}).describe(
    'Headers to add beside what is there. A list adds several.',
  ),
  remove: preset(listOf(editableHeaderName(), 'a header name', 64), []).describe('Headers to remove.'),
})
  .transform(({ set, add, remove }): HeaderChanges => {
    const added = Object.entries(add).flatMap(([name, values]) => values.map((each) => [name, each] as const));
    return { set: Object.entries(set), add: added, remove };
  })
  .meta({ id: 'HeaderChanges', title: 'Header changes', description: 'Applied in the order remove, set, add.' });

export const headersSchema = section("an object such as { response: { set: { 'x-served-by': 'sluice' } } }", {
  request: preset(changes, {}).describe('Changes to requests on their way to the service.'),
  response: preset(changes, {}).describe('Changes to replies, those of Sluice itself among them.'),
})
  .transform((given): HeadersPlan => given)
  .meta({ id: 'HeadersFilter', title: 'Headers', description: 'Headers of requests and replies: set, added, removed.' });
