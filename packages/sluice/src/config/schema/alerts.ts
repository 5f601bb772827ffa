/** Alerts: rules, objectives, and who is told. */
import * as z from 'zod';
import { flag } from './scalar.ts';
import { preset, section } from './section.ts';

const detailed = section("an object such as { sinks: { ops: { slack: '…' } } }", {
  defaults: flag().default(true).describe('The rules that come with Sluice.'),
}).meta({ id: 'Alerts', title: 'Alerts', description: 'What is watched, and who is told.' });

/** The default rules are on unless told otherwise; without sinks they show in the dashboard and the log. Null when off. */
export const alertsSchema = preset(
  z.union([z.literal(false).transform(() => null), detailed], { error: 'must be an object, or false' }),
  {},
);

export type ValidAlerts = z.output<typeof alertsSchema>;
