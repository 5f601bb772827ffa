/** What is changed on the way: path, host, headers of the request and of the reply. */
import * as z from 'zod';
import { editableHeaderName, headerValue } from './header.ts';
import { hostText } from './host.ts';
import { listOf } from './scalar.ts';
import { named, preset, section } from './section.ts';

const PATH_ALLOWED = "must be a path such as '/{rest}' or '/users/{id}'";

const edits = section("an object such as { set: { 'x-env': 'prod' }, remove: ['server'] }", {
  set: preset(named('an object of header names and values', editableHeaderName(), headerValue()), {}).describe(
    'Headers to set: replaces what is there.',
  ),
  add: preset(
    named('an object of header names and values', editableHeaderName(), listOf(headerValue(), 'a header value', 16)),
    {},
  ).describe('Headers to add beside what is there. A list adds several.'),
  remove: preset(listOf(editableHeaderName(), 'a header name', 64), []).describe('Headers to remove.'),
}).meta({ id: 'HeaderEdits', title: 'Header edits', description: 'Applied in the order remove, set, add.' });

/** A rewrite. */
export const rewriteSchema = section("an object such as { path: '/{rest}' }", {
  path: z
    .string({ error: PATH_ALLOWED })
    .max(4096, PATH_ALLOWED)
    .min(1, PATH_ALLOWED)
    .optional()
    .describe('New path. May use the parameters of the path pattern (`{id}`) and `{rest}`: what `*` matched, without its leading slash.'),
  host: hostText().optional().describe("Host sent to the service. Without it, the client's is kept."),
  requestHeaders: preset(edits, {}).describe('Changes to the headers of the request.'),
  responseHeaders: preset(edits, {}).describe('Changes to the headers of the reply.'),
})
  .meta({ id: 'Rewrite', title: 'Rewrite', description: 'What is changed on the way.' })
  .optional();
