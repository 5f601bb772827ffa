/** How `fixed` is written. */
import * as z from 'zod';
import type { FixedPlan } from '../../filters/fixed-plan.ts';
import { editableHeaderName, headerValue } from '../header.ts';
import { plainData } from '../plain-data.ts';
import { text, whole } from '../scalar.ts';
import { named, preset, section } from '../section.ts';
import { wireText } from '../wire-text.ts';

const BODY_ALLOWED = 'must be a text of at most 65536 characters; longer ones are read from a file';

const full = section("a status, or an object such as { status: 503, body: 'Back soon' }", {
  status: whole(200, 599).default(200).describe('Status of the reply.'),
  headers: preset(named('an object of header names and values', editableHeaderName(), headerValue()), {}).describe(
    'Headers of the reply. Content-Type is guessed where it is not given.',
  ),
  body: z.string({ error: BODY_ALLOWED }).max(65_536, BODY_ALLOWED).optional().describe('Body of the reply (UTF-8).'),
  json: plainData().optional().describe('Body of the reply: any value, sent as JSON.'),
  file: text('a path', 4096)
    .optional()
    .describe("The body is this file's content, at most 1 MiB, read with the configuration; relative to it."),
}).meta({ id: 'FixedFilter', title: 'Fixed reply', description: 'A reply that is always the same; a route with one needs no service.' });

export const fixedSchema = z
  .union([whole(200, 599).transform((status) => full.parse({ status })), full], {
    error: "must be a status, or an object such as { status: 503, body: 'Back soon' }",
  })
  .transform(({ status, headers, body, json, file }): FixedPlan => {
    const given = Object.entries(headers);
    const type =
      json !== undefined
        ? 'application/json'
        : body === undefined
          ? null
          : body.trimStart().startsWith('<')
            ? 'text/html; charset=utf-8'
            : 'text/plain; charset=utf-8';
    const isTyped = type === null || given.some(([name]) => name.toLowerCase() === 'content-type');
    return {
      status,
      headers: isTyped ? given : [...given, ['Content-Type', type]],
      body: wireText(json === undefined ? (body ?? '') : JSON.stringify(json)),
      file: file ?? '',
    };
  });
