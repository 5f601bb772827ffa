/** Hosts in the configuration: those that routes match, and those that are sent. */
import * as z from 'zod';
import { normalizeHostPattern } from '../../core/routing/host.ts';
import { text } from './scalar.ts';

const PATTERN_ALLOWED = "must be a host such as 'example.com' or '*.example.com'";

/** A host to match; comes out in its canonical form. */
export function hostPattern() {
  return z
    .string({ error: PATTERN_ALLOWED })
    .transform((given, context) => {
      const canonical = normalizeHostPattern(given);
      if (canonical !== null) return canonical;
      context.issues.push({ code: 'custom', message: PATTERN_ALLOWED, input: given });
      return z.NEVER;
    })
    .meta({ 'x-range': 'host' });
}

/** A host that a rewrite sets, or a probe sends. */
export function hostText() {
  return text('a host such as example.com or example.com:8080', 255)
    .regex(/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(?::\d{1,5})?$/, 'must be a host such as example.com or example.com:8080')
    .meta({ 'x-range': 'host' });
}
