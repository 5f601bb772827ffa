import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOWN, DRAINING, MAINTENANCE } from '../balancing/endpoint-table.ts';
import { AGENT_SILENT, agentBits, stepAgentState, type AgentWord } from './agent-state.ts';

const NOTHING: AgentWord = { weight: null, admin: null, health: null, requestsMax: null, reason: '' };

function after(...words: readonly Partial<AgentWord>[]) {
  return words.reduce<typeof AGENT_SILENT>((state, word) => stepAgentState(state, { ...NOTHING, ...word }), AGENT_SILENT);
}

test('what a report does not name stays as it was', () => {
  assert.deepEqual(after({ weight: 0.5, requestsMax: 7 }, { health: 'down', reason: 'disk' }, { admin: 'drain' }, {}), {
    weight: 0.5,
    admin: 'drain',
    isDown: true,
    requestsMax: 7,
    reason: '',
  });
});

test('only ready ends drain and maint, only up ends down', () => {
  assert.equal(agentBits(after({ admin: 'maint', health: 'down' }, { health: 'up' })), MAINTENANCE);
  assert.equal(agentBits(after({ admin: 'drain', health: 'down' }, { admin: 'ready' })), DOWN);
  assert.equal(agentBits(after({ admin: 'drain' }, { weight: 1 })), DRAINING);
  assert.equal(agentBits(after({ admin: 'drain', health: 'down' }, { admin: 'ready', health: 'up' })), 0);
});

test('a reason stays while the state does', () => {
  assert.equal(after({ health: 'down', reason: 'disk' }, { weight: 0.2 }).reason, 'disk');
  assert.equal(after({ health: 'down', reason: 'disk' }, { health: 'up' }).reason, '');
});
