import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointOfFlow } from './tracked-flow.ts';

const TUPLES = 'src=10.78.0.2 dst=10.78.0.1 sport=40112 dport=5432 src=10.78.1.2 dst=10.78.0.2 sport=8080 dport=40112';

test('the endpoint is where the replies come from', () => {
  const end = { address: '10.78.1.2', port: 8080 };
  assert.deepEqual(endpointOfFlow(`tcp      6 431999 ESTABLISHED ${TUPLES} [ASSURED] mark=0 use=1`), end);
  assert.deepEqual(endpointOfFlow(`udp      17 28 ${TUPLES} mark=0 use=1`), end);
  const six = 'tcp 6 9 SYN_SENT src=fd78::2 dst=fd78::1 sport=1 dport=2 [UNREPLIED] src=fd78:1::2 dst=fd78::2 sport=3 dport=1 mark=0';
  assert.deepEqual(endpointOfFlow(six), { address: 'fd78:1::2', port: 3 });
});

test('a connection of our own to the endpoint is none of the listener', () => {
  const probe = 'src=10.78.1.1 dst=10.78.1.2 sport=4 dport=5432 src=10.78.1.2 dst=10.78.1.1 sport=5432 dport=4';
  assert.equal(endpointOfFlow(`tcp 6 9 ESTABLISHED ${probe} [ASSURED]`), null);
  const samePort = 'src=10.78.0.2 dst=10.78.0.1 sport=4 dport=5432 src=10.78.1.2 dst=10.78.0.2 sport=5432 dport=4';
  assert.deepEqual(endpointOfFlow(`tcp 6 9 ESTABLISHED ${samePort}`), { address: '10.78.1.2', port: 5432 });
});

test('what is over counts no more; one that is half closed does', () => {
  for (const state of ['TIME_WAIT', 'CLOSE', 'LAST_ACK']) assert.equal(endpointOfFlow(`tcp 6 100 ${state} ${TUPLES}`), null);
  assert.notEqual(endpointOfFlow(`tcp 6 100 CLOSE_WAIT ${TUPLES}`), null);
  assert.equal(endpointOfFlow('conntrack v1.4.7 (conntrack-tools): 2 flow entries have been shown.'), null);
});
