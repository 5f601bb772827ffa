import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { negotiate } from './exposition-format.ts';

/** What Prometheus 2.42 sends with exemplars enabled. */
const PROMETHEUS =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

test('OpenMetrics is for those who prefer it, plain text for everybody else', () => {
  equal(negotiate(PROMETHEUS), 'openmetrics');
  equal(negotiate('Application/OpenMetrics-Text; Version="1.0.0"; charset=utf-8'), 'openmetrics');
  equal(negotiate('text/plain;q=0.9, application/openmetrics-text;q=0.5'), 'prometheus');
  equal(negotiate('application/openmetrics-text;q=0'), 'prometheus');
  equal(negotiate('application/openmetrics-text;version=2.0.0'), 'prometheus');
  equal(negotiate('*/*'), 'prometheus');
  equal(negotiate(''), 'prometheus');
  equal(negotiate('application/openmetrics-text;q=nonsense'), 'prometheus');
});
