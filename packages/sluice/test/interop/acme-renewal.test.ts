/** The renewal loop with everything real: pebble, our client, the store, proofs over HTTP. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AcmeIssuer } from '../../src/control/certificates/acme-issuer.ts';
import { RenewalLoop } from '../../src/control/certificates/renewal-loop.ts';
import { CertificateStore } from '../../src/io/certificate-store.ts';
import { nodeRuntime } from '../../src/io/node-runtime.ts';
import { type ChallengeServer, startChallengeServer } from '../support/challenge-server.ts';
import { type Pebble, startPebble } from '../support/pebble.ts';
import { skipWithout } from '../support/system-program.ts';
import { eventually } from '../support/waiting.ts';

const skip = skipWithout('pebble', 'pebble-challtestsrv');
const storage = mkdtempSync(join(tmpdir(), 'sluice-renewal-'));
let pebble: Pebble;
let proofs: ChallengeServer;

before(async () => {
  if (skip !== false) return;
  pebble = await startPebble();
  proofs = await startChallengeServer(pebble);
});
after(async () => {
  await proofs?.[Symbol.asyncDispose]();
  await pebble?.[Symbol.asyncDispose]();
  rmSync(storage, { recursive: true, force: true });
});

interface Running extends AsyncDisposable {
  readonly loop: RenewalLoop;
  readonly changed: string[];
  readonly said: string[];
}

function start(wanted: readonly (readonly string[])[]): Running {
  const { directoryUrl, caPem } = pebble;
  const issuer = new AcmeIssuer({
    ...{ directoryUrl, caPem, storage, clock: nodeRuntime.clock, responder: proofs, pollMs: 20 },
    challenge: 'http-01',
  });
  const changed: string[] = [];
  const said: string[] = [];
  const loop = new RenewalLoop({
    runtime: nodeRuntime,
    issuer,
    say: (level, what) => void said.push(`${level} ${what}`),
    onCertificate: (names) => void changed.push(names.join(' ')),
  });
  loop.apply(wanted);
  return {
    loop,
    changed,
    said,
    async [Symbol.asyncDispose]() {
      await loop[Symbol.asyncDispose]();
      await issuer.close();
    },
  };
}

const WANTED = [['a.example.com', 'b.example.com'], ['c.example.com']];

test('two gateways on one disk order each certificate once; a third finds them all', { skip }, async () => {
  const both = [start(WANTED), start(WANTED)];
  await eventually(20_000, 'all have theirs', () => both.every(({ changed }) => changed.length === 2));
  assert.equal(proofs.shown.length, 3, 'each name was proved once');
  for (const one of both) assert.deepEqual(new Set(one.said), new Set(['info certificate-issued']));
  const store = new CertificateStore({ storage, directoryUrl: pebble.directoryUrl });
  for (const names of WANTED) {
    const reading = await store.certificate(names, nodeRuntime.clock.wall());
    assert.ok(reading?.ok);
    assert.deepEqual(reading.material.names.toSorted(), names);
  }
  await Promise.all(both.map((one) => one[Symbol.asyncDispose]()));
  const third = start(WANTED);
  await eventually(5_000, 'it knows them', () => third.loop.status().every(({ notAfter }) => notAfter !== null));
  assert.deepEqual([third.changed, third.said, proofs.shown.length], [[], [], 3]);
  await third[Symbol.asyncDispose]();
});

test('a name that cannot be proved does not keep the others', { skip }, async () => {
  const running = start([['d.example.com'], ['not a name']]);
  await eventually(
    20_000,
    'one is there and one is told of',
    () => running.changed.length === 1 && running.loop.status()[1]?.failures === 1,
  );
  assert.deepEqual(running.changed, ['d.example.com']);
  assert.ok(running.said.includes('error certificate-failed'));
  await running[Symbol.asyncDispose]();
});
