/** How `securityHeaders` is written: a preset, and what differs from it. Values after OWASP's Secure Headers Project. */
import * as z from 'zod';
import type { SecurityHeadersPlan } from '../../filters/security-headers-plan.ts';
import { editableHeaderName, headerValue } from '../header.ts';
import { choice, duration, flag, listOf } from '../scalar.ts';
import { preset, section } from '../section.ts';

const YEAR = '365d';

/** Header by option, in the order in which they are sent. */
const NAMES = {
  contentTypeOptions: 'X-Content-Type-Options',
  frameOptions: 'X-Frame-Options',
  referrerPolicy: 'Referrer-Policy',
  contentSecurityPolicy: 'Content-Security-Policy',
  contentSecurityPolicyReportOnly: 'Content-Security-Policy-Report-Only',
  permissionsPolicy: 'Permissions-Policy',
  crossOriginOpenerPolicy: 'Cross-Origin-Opener-Policy',
  crossOriginEmbedderPolicy: 'Cross-Origin-Embedder-Policy',
  crossOriginResourcePolicy: 'Cross-Origin-Resource-Policy',
  originAgentCluster: 'Origin-Agent-Cluster',
  permittedCrossDomainPolicies: 'X-Permitted-Cross-Domain-Policies',
} as const;
type Option = keyof typeof NAMES;

const PRESETS: Readonly<Record<'basic' | 'strict' | 'none', Partial<Record<Option, string>>>> = {
  basic: { contentTypeOptions: 'nosniff', frameOptions: 'SAMEORIGIN', referrerPolicy: 'strict-origin-when-cross-origin' },
  strict: {
    contentTypeOptions: 'nosniff',
    frameOptions: 'DENY',
    referrerPolicy: 'no-referrer',
    contentSecurityPolicy:
      "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; upgrade-insecure-requests",
    permissionsPolicy: 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
    crossOriginOpenerPolicy: 'same-origin',
    crossOriginResourcePolicy: 'same-origin',
    originAgentCluster: '?1',
    permittedCrossDomainPolicies: 'none',
  },
  none: {},
};

/** A value, or `false`: not said. */
const value = z.union([z.literal(false), headerValue()], { error: 'must be a header value, or false' }).optional();

const hsts = section("an object such as { maxAge: '365d', preload: true }", {
  maxAge: preset(duration('0s', '3650d'), YEAR).describe('How long browsers come by HTTPS alone. `0s` takes it back.'),
  includeSubdomains: flag().default(true).describe('Subdomains, too.'),
  preload: flag().default(false).describe('Consent to be built into browsers, which is hard to take back.'),
}).meta({ id: 'SecurityHsts', title: 'HSTS', description: 'Strict-Transport-Security (RFC 6797).' });

export const securityHeadersSchema = section("an object such as { preset: 'strict' }", {
  preset: choice(['basic', 'strict', 'none'])
    .default('basic')
    .describe('`basic` breaks next to nothing; `strict` forbids foreign scripts, frames and sharing, for applications written for it.'),
  hsts: z
    .union([z.literal(false), hsts], { error: "must be an object such as { maxAge: '365d' }, or false" })
    .optional()
    .describe('Said over TLS alone. On unless `preset` is `none`.'),
  contentTypeOptions: value.describe('X-Content-Type-Options.'),
  frameOptions: value.describe('X-Frame-Options.'),
  referrerPolicy: value.describe('Referrer-Policy.'),
  contentSecurityPolicy: value.describe('Content-Security-Policy.'),
  contentSecurityPolicyReportOnly: value.describe('Content-Security-Policy-Report-Only.'),
  permissionsPolicy: value.describe('Permissions-Policy.'),
  crossOriginOpenerPolicy: value.describe('Cross-Origin-Opener-Policy.'),
  crossOriginEmbedderPolicy: value.describe('Cross-Origin-Embedder-Policy. In no preset: it keeps out all that does not consent.'),
  crossOriginResourcePolicy: value.describe('Cross-Origin-Resource-Policy.'),
  originAgentCluster: value.describe('Origin-Agent-Cluster.'),
  permittedCrossDomainPolicies: value.describe('X-Permitted-Cross-Domain-Policies.'),
  remove: preset(listOf(editableHeaderName(), 'a header name', 64), [
    'Server',
    'X-Powered-By',
    'X-AspNet-Version',
    'X-AspNetMvc-Version',
  ]).describe('What replies do not say: what runs behind.'),
  override: flag().default(false).describe("Says it in place of the service's own; else the service's own stands."),
})
  .transform(({ preset: name, hsts: given, remove, override, ...options }): SecurityHeadersPlan => {
    const values: Partial<Record<Option, string | false | undefined>> = { ...PRESETS[name] };
    for (const [option, written] of Object.entries(options)) if (written !== undefined) values[option as Option] = written;
    const fields = Object.entries(NAMES).flatMap(([option, header]) => {
      const written = values[option as Option];
      return typeof written === 'string' ? [[header, written] as const] : [];
    });
    const strict = given ?? (name === 'none' ? false : { maxAge: 365 * 86_400_000, includeSubdomains: true, preload: false });
    return {
      fields,
      hsts: strict === false ? '' : hstsValue(strict),
      removes: remove.map((each) => each.toLowerCase()),
      overrides: override,
    };
  })
  .meta({
    id: 'SecurityHeadersFilter',
    title: 'Security headers',
    description: 'What browsers are told to be careful about, in every reply.',
  });

function hstsValue({ maxAge, includeSubdomains, preload }: { maxAge: number; includeSubdomains: boolean; preload: boolean }): string {
  return `max-age=${Math.floor(maxAge / 1000)}${includeSubdomains ? '; includeSubDomains' : ''}${preload ? '; preload' : ''}`;
}
