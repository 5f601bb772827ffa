/** What requests for one thing are answered with. */
import { z } from '@hono/zod-openapi';
import type { DrainResult, Explained, ReloadResult, UndrainResult } from '../backend.ts';
import type { AdminCachedReply, AdminCacheStatus, PushBackend } from '../cache-backend.ts';
import { same } from './same.ts';

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().openapi({ description: 'What is wrong, and the remedy.' }),
    errors: z
      .array(z.object({ pointer: z.string().optional(), parameter: z.string().optional(), detail: z.string() }))
      .optional()
      .openapi({ description: 'Of a body, query or path: what is wrong with each member.' }),
    faults: z.array(z.string()).optional().openapi({ description: 'Of a configuration.' }),
  })
  .openapi('Problem', { description: 'Problem details (RFC 9457).' });

export const drained = same<Exclude<DrainResult, { readonly result: 'unknown' }>>()(
  'DrainResult',
  z.union([
    z.object({ result: z.literal('drained'), tookMs: z.number() }),
    z.object({ result: z.literal('deadline'), tookMs: z.number(), inflight: z.number() }),
    z.object({ result: z.literal('undrained'), tookMs: z.number() }),
  ]),
);

export const undrained = same<Exclude<UndrainResult, { readonly result: 'unknown' }>>()(
  'UndrainResult',
  z.object({ result: z.enum(['undrained', 'not-drained']) }),
);

export const reloaded = same<Extract<ReloadResult, { readonly ok: true }>>()(
  'ReloadResult',
  z.object({ ok: z.literal(true), generation: z.number(), changes: z.array(z.string()), tookMs: z.number() }),
);

export const explained = same<Explained>()(
  'Explained',
  z.object({
    ok: z.literal(true),
    listener: z.string(),
    method: z.string(),
    host: z.string(),
    path: z.string(),
    routes: z.array(z.object({ name: z.string(), verdict: z.enum(['chosen', 'matches', 'differs']), reason: z.string() })),
    omitted: z.number(),
    action: z.string().nullable(),
    filters: z.array(z.string()),
    services: z.array(
      z.object({
        name: z.string(),
        share: z.number(),
        balance: z.string(),
        note: z.string().nullable(),
        endpoints: z.array(z.object({ address: z.string(), state: z.string(), share: z.number(), reason: z.string().nullable() })),
      }),
    ),
  }),
);

export const cache = same<AdminCacheStatus>()(
  'CacheStatus',
  z.object({
    name: z.string(),
    entries: z.number(),
    bytes: z.number(),
    capacityBytes: z.number(),
    hits: z.number(),
    misses: z.number(),
    insertions: z.number(),
    evictions: z.number(),
  }),
);

export const cachedReply = same<AdminCachedReply>()(
  'CachedReply',
  z.object({
    url: z.string(),
    isVariant: z.boolean().openapi({ description: 'Its key has values of header fields or cookies, too, which are not told.' }),
    hits: z.number(),
    status: z.number(),
    bytes: z.number().openapi({ description: 'Of its body.' }),
    freshUntil: z.number().openapi({ description: 'Unix milliseconds.' }),
    isPurged: z.boolean().openapi({ description: 'Softly: it is stale.' }),
  }),
);

export const push = same<ReturnType<PushBackend['status']>[number]>()(
  'Push',
  z.object({ id: z.string(), version: z.string(), host: z.string(), prefix: z.string(), files: z.number(), isShown: z.boolean() }),
);
