/** Events: what is printed of what happens. */
import { EVENT_LEVELS } from '../observe-plan.ts';
import { choice } from './scalar.ts';
import { preset, section } from './section.ts';

export const eventsSchema = preset(
  section("an object such as { level: 'warn' }", {
    level: choice(EVENT_LEVELS).default('info').describe('Less than this is not printed. It is still shown by the API and the dashboard.'),
    format: choice(['text', 'json']).default('text').describe('Of the lines on stderr.'),
  }).meta({ id: 'Events', title: 'Events', description: 'Lines on stderr about what happens: endpoints that go down, reloads, deploys.' }),
  {},
);
