/** Every hostile response through the real program: 502 before the head, a cut after it, never a reply that looks whole. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { type HostileOrigin, hostileOrigin, type OriginScript } from '../support/hostile-origin.ts';
import { looksComplete, rawExchange, statuses } from '../support/raw-exchange.ts';
import { hostileResponses } from './response-corpus.ts';

/** One origin for all rows: the script to run is the number in the path of a connection's first request. */
let origin: HostileOrigin;
let gateway: Gateway;

const REQUEST_BY_ROW = /(?:GET|POST) \/row-(\d+) /;

const byRow: OriginScript = async (connection) => {
  await connection.until((received) => received.includes('\r\n\r\n'));
  const row = hostileResponses[Number(REQUEST_BY_ROW.exec(connection.received)?.[1])];
  if (row === undefined) return connection.reset();
  if (typeof row.script !== 'string') return row.script(connection);
  connection.write(row.script);
  connection.end();
};

before(async () => {
  origin = await hostileOrigin(byRow);
  const config: GatewayConfig = {
    services: { origin: { endpoints: [`127.0.0.1:${origin.port}`], outlier: false, retry: false, pool: { bodyIdle: '2s' } } },
    routes: [{ path: '/*', to: 'origin', timeouts: { responseHeader: '2s' } }],
    workers: 1,
  };
  gateway = await startGateway(config);
});

after(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await origin?.[Symbol.asyncDispose]();
});

for (const attack of new Set(hostileResponses.map((each) => each.attack))) {
  describe(attack, () => {
    for (const [row, { name, outcome, ...rest }] of hostileResponses.entries()) {
      if (rest.attack !== attack) continue;
      test(`${attack}: ${name} is ${outcome}`, async () => {
        const reply = await rawExchange(gateway.port, `GET /row-${row} HTTP/1.1\r\nHost: a\r\n\r\n`, {
          until: (text) => text.startsWith('HTTP/1.1 502') && looksComplete(text, 'open'),
          waitMs: 4000,
        });
        const final = statuses(reply.text).find((status) => status >= 200);
        const shown = `${reply.ending}: ${JSON.stringify(reply.text.slice(0, 300))}`;
        assert.ok(!reply.text.includes('POISONED') && !reply.text.includes('evil'), shown);
        if (outcome === 'refused' || (outcome === 'refused or cut' && final === 502)) {
          assert.equal(final, 502, shown);
          assert.ok(!statuses(reply.text).includes(101), shown);
        } else {
          assert.equal(final, 200, shown);
          assert.notEqual(reply.ending, 'open', `must be cut: ${shown}`);
          // A body that runs to the close of the connection can only be told from a whole one by a reset.
          assert.ok(!looksComplete(reply.text, reply.ending), `looks whole: ${shown}`);
        }
      });
    }
  });
}

test('after all of this the gateway still serves', async () => {
  const good = await hostileOrigin('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
  await gateway.reload({
    services: { good: { endpoints: [`127.0.0.1:${good.port}`] } },
    routes: [{ path: '/*', to: 'good' }],
    workers: 1,
  });
  const reply = await rawExchange(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.match(reply.text, /good$/);
  await good[Symbol.asyncDispose]();
});
