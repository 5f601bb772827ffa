/**
 * Times in the configuration: cron expressions, time zones, moments. Cron is the five fields of crontab(5) and nothing more, so that an expression
 * means here what it means everywhere. An expression that parses and never comes (30 February) is a fault, too.
 */
import { Cron } from 'croner';
import * as z from 'zod';

const CRON_ALLOWED = "must be a cron expression of five fields (minute, hour, day of month, month, day of week), such as '0 8 * * 1-5'";
const MONTHS = 'JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC';
const DAYS = 'SUN|MON|TUE|WED|THU|FRI|SAT';
const FIELD = new RegExp(`^(?:[0-9*,/-]|${MONTHS}|${DAYS})+$`, 'i');
/** A leap year and what follows are within it. */
const LOOKED_FROM = '1970-01-01T00:00:00Z';

/** A cron expression. */
export const cronSchema = z
  .string({ error: CRON_ALLOWED })
  .transform((given, context) => {
    const expression = given.trim().replace(/\s+/g, ' ');
    const problem = cronProblem(expression);
    if (problem === null) return expression;
    context.issues.push({ code: 'custom', message: problem === '' ? CRON_ALLOWED : `${CRON_ALLOWED}\n${problem}`, input: given });
    return z.NEVER;
  })
  .meta({ 'x-range': 'cron expression' });

/** Null when it is one; what is wrong, as far as more can be said than what is allowed. */
function cronProblem(expression: string): string | null {
  const fields = expression.split(' ');
  if (fields.length !== 5) return `it has ${expression === '' ? 0 : fields.length} fields`;
  const strange = fields.find((field) => !FIELD.test(field));
  if (strange !== undefined) return `${JSON.stringify(strange)} is no field`;
  try {
    return new Cron(expression, { mode: '5-part', timezone: 'UTC' }).nextRun(LOOKED_FROM) === null ? 'it never comes' : null;
  } catch {
    return '';
  }
}

const ZONE_ALLOWED = "must be a time zone such as 'Europe/Berlin' or 'UTC'";

/** A time zone by its IANA name. */
export const zoneSchema = z
  .string({ error: ZONE_ALLOWED })
  .regex(/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/, ZONE_ALLOWED)
  .refine(isZone, { error: ZONE_ALLOWED })
  .meta({ 'x-range': 'time zone' });

function isZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const MOMENT_ALLOWED = "must be a moment with its offset, such as '2026-11-27T08:00:00+01:00' or '2026-11-27T07:00:00Z'";

/** A moment; Unix milliseconds. */
export const momentSchema = z
  .string({ error: MOMENT_ALLOWED })
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/, MOMENT_ALLOWED)
  .transform((given, context) => {
    // oxlint-disable-next-line no-restricted-globals -- converts its argument only
    const at = new Date(given).getTime();
    if (Number.isFinite(at)) return at;
    context.issues.push({ code: 'custom', message: MOMENT_ALLOWED, input: given });
    return z.NEVER;
  })
  .meta({ 'x-range': 'moment' });
