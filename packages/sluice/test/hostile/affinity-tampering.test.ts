/** Sticky-cookie tampering: a cookie that we did not sign moves nobody, names no address, and is replaced. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type Instance, startInstance } from '../support/instances.ts';
import { rawExchange } from '../support/raw-exchange.ts';

const instances: Instance[] = [];
let gateway: Gateway;

before(async () => {
  for (const name of ['a', 'b', 'c']) instances.push(await startInstance(name));
  const affinity = { by: 'cookie' as const, secrets: ['0123456789abcdef0123456789abcdef'] };
  gateway = await startGateway({
    services: { web: { endpoints: instances.map((each) => each.address), balance: 'round-robin', affinity } },
    routes: [{ path: '/*', to: 'web' }],
    workers: 1,
  });
});

after(async () => {
  await gateway?.[Symbol.asyncDispose]();
  for (const instance of instances) await instance[Symbol.asyncDispose]();
});

/** Who answered, and the cookie that was set. */
async function ask(cookie = ''): Promise<{ readonly who: string; readonly set: string | null; readonly value: string }> {
  const line = cookie === '' ? '' : `Cookie: ${cookie}\r\n`;
  const reply = await rawExchange(gateway.port, `GET / HTTP/1.1\r\nHost: a\r\n${line}Connection: close\r\n\r\n`);
  const set = /\r\nset-cookie: ([^\r\n]*)/i.exec(reply.text)?.[1] ?? null;
  return { who: reply.text.at(-1) ?? '', set, value: set?.slice(0, set.indexOf(';')) ?? '' };
}

test('a signed cookie keeps its client where it is', async () => {
  const first = await ask();
  for (let count = 0; count < 6; count++) assert.equal((await ask(first.value)).who, first.who);
});

test('the cookie holds no address and no name of an endpoint, and is HttpOnly with SameSite', async () => {
  const { set } = await ask();
  const raw = set ?? '';
  const decoded = raw + Buffer.from(raw.replace(/^[^=]*=|;.*$/g, ''), 'base64url').toString('latin1');
  for (const instance of instances) assert.ok(!decoded.includes(String(instance.port)), raw);
  assert.ok(!decoded.includes('127.0.0.1'), raw);
  assert.match(raw, /;\s*HttpOnly/i);
  assert.match(raw, /;\s*SameSite=/i);
});

test('a cookie with any character changed is ignored and replaced', async () => {
  const { value } = await ask();
  const start = value.indexOf('=') + 1;
  for (let at = start; at < value.length; at++) {
    const changed = value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1);
    const reply = await ask(changed);
    // The last character of base64url may carry unused bits: then it is the same signature.
    if (at < value.length - 1) assert.notEqual(reply.set, null, `accepted with character ${at - start} changed`);
  }
});

for (const forged of [
  'sluice=',
  'sluice=127.0.0.1:1',
  'sluice=0',
  'sluice=../../etc',
  `sluice=${'A'.repeat(4000)}`,
  'sluice=a.b.c',
  'sluice="x"',
]) {
  test(`a forged cookie (${forged.slice(0, 24)}) is ignored: requests are balanced as if it were not there`, async () => {
    const seen = new Set<string>();
    for (let count = 0; count < 6; count++) seen.add((await ask(forged)).who);
    assert.equal(seen.size, 3);
  });
}
