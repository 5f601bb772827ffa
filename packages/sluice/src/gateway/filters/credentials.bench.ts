/**
 * What proofs cost a request: `node packages/sluice/src/gateway/filters/credentials.bench.ts`. To hold: a stage that does not matter to a request below 0.3 µs, a token that was verified before
 * at most 3 µs, a new one at most 1.2 times what `jose` takes alone.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jwtVerify } from 'jose';
import { fieldsBench } from '../../../test/support/bench-pass.ts';
import { claims, ecPair, ISSUER, keySet, token } from '../../../test/support/tokens.ts';
import { hashPassword } from '../../io/password.ts';
import type { JwtPlan } from '../../config/filters/jwt-plan.ts';
import { filter as apiKey } from './api-key.ts';
import { filter as basic } from './basic.ts';
import { filter as forwardAuth } from './forward-auth.ts';
import { filter as ip } from './ip.ts';
import { filter as jwt } from './jwt.ts';

const ROUNDS = 5;
const REQUESTS = 200_000;
const VERIFICATIONS = 1_000;

const pair = ecPair('one');
const good = token(pair, claims({ iat: undefined, exp: undefined, nbf: undefined }));
const options: JwtPlan = {
  issuers: [
    {
      issuer: ISSUER,
      audiences: ['shop'],
      keys: { kind: 'text', file: null, text: JSON.stringify(keySet(pair)) },
      algorithms: [],
      type: null,
      clockSkewMs: 60_000,
      maxAgeMs: null,
      requiresExpiry: false,
      required: [],
    },
  ],
  cookie: null,
  query: null,
  realm: 'sluice',
  isOptional: true,
  claimsToHeaders: [['x-user', 'sub']],
  forwardsToken: true,
  revocation: null,
};
const users = [{ name: 'anna', hash: await hashPassword('secret') }];
const keys = [{ name: 'shop', hash: `sha256:${createHash('sha256').update('key').digest('hex')}`, claims: {} }];
const lists = { allow: ['10.0.0.0/8', '127.0.0.0/8'], deny: ['10.1.0.0/16'] };
const basicOptions = { users, usersWritten: users.length, files: [], realm: 'a', userHeader: 'x-user', forwardsCredentials: false };
const keyOptions = {
  keys,
  keysWritten: keys.length,
  files: [],
  header: 'x-api-key',
  query: null,
  nameHeader: 'x-client',
  forwardsKey: false,
};
const ipOptions = { ...lists, allowCountries: [], denyCountries: [], database: null, unknownCountry: 'deny', status: 403 } as const;

const server = createServer((_, reply) => reply.writeHead(200, { 'remote-user': 'anna' }).end()).listen(0, '127.0.0.1');
await once(server, 'listening');
const askOptions = {
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  requestHeaders: ['authorization', 'cookie'],
  replyHeaders: ['remote-user'],
  clientHeaders: ['set-cookie'],
  timeoutMs: 5_000,
  without: 'closed',
  concurrency: 64,
  cache: null,
} as const;
const remembered = { ...askOptions, cache: { ttlMs: 600_000, headers: ['authorization', 'cookie'], isPerUrl: true } };

const { context, passOf } = fieldsBench();
const stages = [
  { name: 'jwt, no token', stage: jwt.create(options, context), lines: [] },
  { name: 'jwt, known token', stage: jwt.create(options, context), lines: [`Authorization: Bearer ${good}`] },
  { name: 'ip, known address', stage: ip.create(ipOptions, context), lines: [] },
  { name: 'basic, known password', stage: basic.create(basicOptions, context), lines: [`Authorization: Basic ${btoa('anna:secret')}`] },
  { name: 'apiKey', stage: apiKey.create(keyOptions, context), lines: ['X-Api-Key: key'] },
  { name: 'forwardAuth, known answer', stage: forwardAuth.create(remembered, context), lines: ['Authorization: Bearer a'] },
];
for (const { name, stage, lines } of stages) {
  const pass = passOf(lines);
  stage.onRequest(pass.pass);
  await pass.settled();
  const cost = median(() => {
    for (let index = 0; index < REQUESTS; index++) {
      pass.reset();
      stage.onRequest(pass.pass);
    }
    return REQUESTS;
  });
  print(name, cost, 'µs');
}

const asking = forwardAuth.create(askOptions, context);
const asked = passOf(['Authorization: Bearer a']);
const cost = await micros(() => {
  asking.onRequest(asked.pass);
  return asked.settled();
});
print('forwardAuth, one question after the other', cost, 'µs');

const tokens = Array.from({ length: ROUNDS * VERIFICATIONS }, (_, serial) =>
  token(pair, claims({ exp: undefined, iat: undefined, serial })),
);
const stage = jwt.create(options, context);
const alone: number[] = [];
const ours: number[] = [];
const wanted = { algorithms: ['ES256'], issuer: ISSUER, audience: 'shop' };
// In turn, so that what else the machine does falls on both.
for (let round = 0; round < ROUNDS; round++) {
  const from = round * VERIFICATIONS;
  const passes = tokens.slice(from, from + VERIFICATIONS).map((text) => passOf([`Authorization: Bearer ${text}`]));
  // The same work: signature, issuer, audience.
  alone.push(await micros(async (index) => void (await jwtVerify(tokens[from + index]!, pair.publicKey, wanted))));
  ours.push(
    await micros((index) => {
      const { pass, settled } = passes[index]!;
      stage.onRequest(pass);
      return settled();
    }),
  );
}
print('ES256, jose alone', middle(alone), 'µs');
print('ES256, new token', middle(ours), `µs (${(middle(ours) / middle(alone)).toFixed(2)} of it)`);
context.shared.close();
server.close();

function median(run: () => number): number {
  return middle(
    Array.from({ length: ROUNDS }, () => {
      const start = performance.now();
      const count = run();
      return ((performance.now() - start) * 1e3) / count;
    }),
  );
}

async function micros(run: (index: number) => Promise<void>): Promise<number> {
  const start = performance.now();
  for (let index = 0; index < VERIFICATIONS; index++) await run(index);
  return ((performance.now() - start) * 1e3) / VERIFICATIONS;
}

function middle(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1]!;
}

function print(what: string, value: number, unit: string): void {
  process.stdout.write(`${what}: ${value.toFixed(2)} ${unit}\n`);
}
