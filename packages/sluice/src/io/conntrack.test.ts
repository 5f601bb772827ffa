import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgetSessions } from './conntrack.ts';
import { findProgram } from './nft.ts';

const NONE = { host: '192.0.2.1', port: 9, endpoint: { address: '192.0.2.2', port: 9 } };

test('forgetting what is not there is done; without the program, or the right, the reason says so', async () => {
  const reason = await forgetSessions(NONE);
  if (findProgram('conntrack') === null) assert.match(reason ?? '', /apt-get install conntrack/);
  else if (process.getuid?.() === 0) assert.equal(reason, null);
  else assert.match(reason ?? '', /conntrack/);
});
