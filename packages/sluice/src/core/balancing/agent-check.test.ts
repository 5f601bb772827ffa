import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AGENT_SILENT, agentBits, stepAgentState } from '../health/agent-state.ts';
import { parseAgentLine } from './agent-check.ts';
import { DOWN, DRAINING, MAINTENANCE } from './endpoint-table.ts';

const NOTHING = { weight: null, admin: null, health: null, reason: '', requestsMax: null, unknown: '' };

test('the words of the protocol are read', () => {
  const cases: [string, object][] = [
    ['75%\n', { weight: 0.75 }],
    ['0%', { weight: 0 }],
    ['weight:64', { weight: 64 }],
    ['weight:50%', { weight: 0.5 }],
    ['weight:9999', { weight: 256 }],
    ['maxconn:30', { requestsMax: 30 }],
    ['ready', { admin: 'ready' }],
    ['drain', { admin: 'drain' }],
    ['maint', { admin: 'maint' }],
    ['up', { health: 'up' }],
    ['down # disk full', { health: 'down', reason: 'disk full' }],
    ['fail', { health: 'down', reason: 'fail' }],
    ['stopped', { health: 'down', reason: 'stopped' }],
    ['UP 80%,maxconn:5\tready\r\nmaint', { health: 'up', weight: 0.8, requestsMax: 5, admin: 'ready' }],
    ['drain ready', { admin: 'ready' }],
    ['up bogus 7', { health: 'up', unknown: 'bogus' }],
  ];
  for (const [line, expected] of cases) assert.deepEqual(parseAgentLine(line), { ...NOTHING, ...expected }, line);
});

test('an absolute weight is relative to the configured one', () => {
  assert.equal(parseAgentLine('weight:50', 100)?.weight, 0.5);
  assert.equal(parseAgentLine('300%', 100)?.weight, 2.56);
  assert.equal(parseAgentLine('weight:50', 0)?.weight, 0);
});

test('a line without a word of the protocol is none', () => {
  for (const line of ['', '\n', '# comment', 'HTTP/1.1 200 OK', '%', '-5%', '1.5%', 'maxconn:', 'weight:x', '50']) {
    assert.equal(parseAgentLine(line), null, line);
  }
});

test('any line is read without an exception', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.integer({ min: 0, max: 256 }),
      (line, weight) => void parseAgentLine(line, weight),
    ),
  );
});

test('only the agent takes back what it said', () => {
  let state = AGENT_SILENT;
  const say = (line: string): number => {
    state = stepAgentState(state, parseAgentLine(line)!);
    return agentBits(state);
  };
  assert.equal(say('drain'), DRAINING);
  assert.equal(say('up'), DRAINING, 'up is about health, not administration');
  assert.equal(say('50%'), DRAINING);
  assert.equal(say('ready'), 0);
  assert.equal(say('down'), DOWN);
  assert.equal(say('ready'), DOWN, 'ready is about administration, not health');
  assert.equal(say('maint up'), MAINTENANCE);
  assert.equal(state.weight, 0.5);
});
