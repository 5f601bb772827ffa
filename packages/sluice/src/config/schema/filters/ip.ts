/** How `ip` is written. */
import * as z from 'zod';
import { parseCidr } from '../../cidr.ts';
import type { IpPlan } from '../../filters/ip-plan.ts';
import { choice, listOf, text, whole } from '../scalar.ts';
import { preset, section } from '../section.ts';

const RANGES_MAX = 50_000;
const COUNTRIES_MAX = 250;
const RANGE_ALLOWED = "must be an address or a range such as '10.0.0.0/8' or '2001:db8::/32'";

const range = z.string({ error: RANGE_ALLOWED }).transform((given, context) => {
  const cidr = parseCidr(given.trim());
  if (cidr !== null) return cidr;
  context.issues.push({ code: 'custom', message: RANGE_ALLOWED, input: given });
  return z.NEVER;
});

const country = z
  .string({ error: "must be a country's two letters such as 'DE'" })
  .regex(/^[A-Za-z]{2}$/, "must be a country's two letters (ISO 3166-1) such as 'DE'")
  .transform((given) => given.toUpperCase());

export const ipSchema = section("an object such as { allow: ['10.0.0.0/8'] }", {
  deny: preset(listOf(range, 'an address or a range', RANGES_MAX), []).describe('Never let in, whatever else says so.'),
  allow: preset(listOf(range, 'an address or a range', RANGES_MAX), []).describe(
    'Let in, from whatever country; nobody else is, unless countries are given.',
  ),
  denyCountries: preset(listOf(country, 'a country', COUNTRIES_MAX), []).describe('Countries that are not let in, but for `allow`.'),
  allowCountries: preset(listOf(country, 'a country', COUNTRIES_MAX), []).describe('Only these countries are let in, and `allow`.'),
  database: text('a path', 4096)
    .optional()
    .describe('A MaxMind database (GeoLite2-Country.mmdb or the like) for countries. Read again when it changes.'),
  unknownCountry: choice(['allow', 'deny'])
    .default('deny')
    .describe('What becomes of addresses that the database does not know, such as private ones.'),
  status: whole(400, 499).default(403).describe('What the others are answered.'),
})
  .transform(({ database, ...given }): IpPlan => ({ ...given, database: database === undefined ? null : { path: database, version: '' } }))
  .meta({
    id: 'IpFilter',
    title: 'Addresses',
    description: 'Lets clients in by their address or country. Behind proxies that are trusted, the address is what they say.',
  });
