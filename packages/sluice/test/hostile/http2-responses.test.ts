/** Every hostile HTTP/2 origin through the real program, asked by a client of each version: 502 before the head, a cut after it, never a reply that looks whole. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { GET, headers } from '../support/http2.ts';
import { Http2Wire, streamOf, type WireOrigin, wireOrigin } from '../support/http2-wire.ts';
import { looksComplete, rawExchange, statuses } from '../support/raw-exchange.ts';
import { hostileHttp2Responses } from './http2-response-corpus.ts';

/** An origin per greeting: it has to be said before the row is known. */
const origins: WireOrigin[] = [];
let gateway: Gateway;

before(async () => {
  for (const silent of [false, true]) {
    const greeting = hostileHttp2Responses.find((row) => (row.greeting!.length === 0) === silent)!.greeting!;
    origins.push(
      await wireOrigin((wire) => {
        wire.onLine = (line) => {
          const id = streamOf(line, 'HEADERS');
          const row = hostileHttp2Responses[Number(/:path=\/row-(\d+)/.exec(line)?.[1])];
          if (id !== 0) row?.answer(wire, id);
        };
      }, greeting),
    );
  }
  const service = (origin: WireOrigin) => ({
    endpoints: [`127.0.0.1:${origin.port}`],
    outlier: false as const,
    retry: false as const,
    protocol: 'http2' as const,
    pool: { bodyIdle: '1s', connectTimeout: '1s' },
  });
  const config: GatewayConfig = {
    services: { usual: service(origins[0]!), silent: service(origins[1]!) },
    routes: [
      { headers: { 'x-silent': '1' }, path: '/*', to: 'silent', timeouts: { responseHeader: '1s' } },
      { path: '/*', to: 'usual', timeouts: { responseHeader: '1s' } },
    ],
    workers: 1,
  };
  gateway = await startGateway(config);
});

after(async () => {
  await gateway?.[Symbol.asyncDispose]();
  for (const origin of origins) await origin[Symbol.asyncDispose]();
});

/** `looksComplete` knows no trailers. */
function isWhole(text: string, ending: 'fin' | 'reset' | 'open'): boolean {
  return looksComplete(text.replace('\r\n0\r\na: b\r\n', '\r\n0\r\n'), ending);
}

for (const attack of new Set(hostileHttp2Responses.map((each) => each.attack))) {
  describe(attack, () => {
    for (const [row, { name, outcome, greeting, ...rest }] of hostileHttp2Responses.entries()) {
      if (rest.attack !== attack) continue;
      const isSilent = greeting!.length === 0;

      test(`${attack}: ${name} is ${outcome} for an HTTP/1.1 client`, async () => {
        const reply = await rawExchange(gateway.port, `GET /row-${row} HTTP/1.1\r\nHost: a\r\n${isSilent ? 'x-silent: 1\r\n' : ''}\r\n`, {
          until: (text) => isWhole(text, 'open'),
          waitMs: 4_000,
        });
        const final = statuses(reply.text).find((status) => status >= 200);
        const shown = `${reply.ending}: ${JSON.stringify(reply.text.slice(0, 300))}`;
        assert.ok(!reply.text.includes('POISONED') && !reply.text.includes('evil'), shown);
        if (outcome === 'passed') {
          assert.equal(final, 200, shown);
          assert.ok(reply.text.includes('fine') && isWhole(reply.text, reply.ending), shown);
        } else if (outcome === 'refused') assert.ok(final === 502 || final === 504, shown);
        else {
          if (final === 502) return; // nothing had left yet
          assert.equal(final, 200, shown);
          assert.notEqual(reply.ending, 'open', `must be cut: ${shown}`);
          assert.ok(!isWhole(reply.text, reply.ending), `looks whole: ${shown}`);
        }
      });

      test(`${attack}: ${name} is ${outcome} for an HTTP/2 client`, async () => {
        using wire = await Http2Wire.open(gateway.port);
        const fields = [
          ...GET.filter(([field]) => field !== ':path' && field !== ':scheme'),
          [':scheme', 'http'],
          [':path', `/row-${row}`],
        ] as const;
        wire.send(headers(1, isSilent ? [...fields, ['x-silent', '1']] : fields));
        const isOver = (lines: readonly string[]): boolean =>
          lines.some((line) => /^(RST_STREAM 1|(HEADERS|DATA) 1 END_STREAM)/.test(line));
        for (let waited = 0; waited < 4_000 && !isOver(wire.lines); waited += 10) await sleep(10);
        const shown = JSON.stringify(wire.lines);
        assert.ok(!shown.includes('POISONED') && !shown.includes('evil'), shown);
        const status = /:status=([2-5]\d\d)/.exec(wire.lines.filter((line) => line.startsWith('HEADERS 1')).join())?.[1];
        const isCut = wire.lines.some((line) => line.startsWith('RST_STREAM 1') && !line.includes('NO_ERROR'));
        const isEnded = wire.lines.some((line) => /^(HEADERS|DATA) 1 END_STREAM/.test(line));
        if (outcome === 'passed') assert.ok(status === '200' && isEnded && shown.includes('fine'), shown);
        else if (outcome === 'refused') assert.ok((status === '502' || status === '504') && isEnded, shown);
        else assert.ok(status === '502' ? isEnded : status === '200' && isCut && !isEnded, shown);
        assert.equal(wire.ending, 'open', 'one stream only');
      });
    }
  });
}
