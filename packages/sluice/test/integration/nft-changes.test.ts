/**
 * Changes against the real nft: whatever way led there, by small transactions, the table is the one that would have been written at once. Descriptions come from a
 * seed; `NFT_SEED` repeats a run.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Random, randomInteger, seededRandom } from '../../src/base/random.ts';
import type { KernelDescription, KernelEndpoint, KernelListener } from '../../src/core/layer4/kernel-description.ts';
import { kernelFaults } from '../../src/core/layer4/kernel-fault.ts';
import { nftTable } from '../../src/core/layer4/nft-rules.ts';
import { changeScript, replacementScript, withNewParts } from '../../src/core/layer4/nft-table.ts';
import { labFault, NetworkLab } from '../support/network-lab.ts';

const SEED = Number(process.env['NFT_SEED'] ?? 1);
const STEPS = 40;
const NETWORKS = ['10.78.0.1/24', 'fd78::1/64'];
const fault = labFault();
const skip = fault !== null && process.env['CI'] !== 'true' ? fault : false;

function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[randomInteger(random, values.length)]!;
}

function randomEndpoints(random: Random, host: string): KernelEndpoint[] {
  const four = ['10.78.0.2', '10.78.0.3', '10.99.0.1'];
  const six = ['fd78::2', 'fd78::3', 'fd99::1'];
  const addresses = host === '::' ? [...four, ...six] : host.includes(':') ? six : four;
  return addresses
    .filter(() => random() < 0.6)
    .map((address) => ({
      address,
      port: pick(random, [80, 81]),
      weight: randomInteger(random, 4),
      state: pick(random, ['up', 'up', 'draining', 'down']),
    }));
}

function randomDescription(random: Random): KernelDescription {
  const listeners = ['a', 'b.c', 'd-4', '4']
    .filter(() => random() < 0.7)
    .map((name, index): KernelListener => {
      const host = pick(random, ['10.78.0.1', 'fd78::1', '0.0.0.0', '::']);
      return {
        name,
        protocol: pick(random, ['tcp', 'udp']),
        host,
        port: 1_000 + index,
        method: pick(random, ['round-robin', 'random', 'source']),
        endpoints: randomEndpoints(random, host),
        masquerade: pick(random, ['auto', 'always', 'never']),
        onDown: pick(random, ['keep', 'cut']),
      };
    });
  return { listeners };
}

/** What `nft -j list table` says, without the order and the numbers that tell how it came about. */
function normal(json: string): string[] {
  const { nftables } = JSON.parse(json) as {
    nftables: Record<string, { handle?: number; packets?: number; bytes?: number; elem?: unknown[] }>[];
  };
  return nftables
    .flatMap((entry) => Object.entries(entry))
    .filter(([kind]) => kind !== 'metainfo')
    .map(([kind, { handle: _handle, packets: _packets, bytes: _bytes, elem, ...rest }]) =>
      JSON.stringify([kind, rest, elem?.map((element) => JSON.stringify(element)).sort((left, right) => (left < right ? -1 : 1))]),
    )
    .sort((left, right) => (left < right ? -1 : 1));
}

test('any sequence of changes ends where a replacement does', { skip, timeout: 120_000 }, async () => {
  assert.equal(fault, null, fault ?? '');
  await using network = await NetworkLab.create(0);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-nft-'));
  const apply = async (script: string) => {
    await writeFile(join(folder, 'script'), script);
    await network.run('lb', 'nft', '-f', join(folder, 'script'));
  };
  const listed = async () => normal(await network.run('lb', 'nft', '-j', 'list', 'table', 'inet', 'sluice_x'));
  try {
    const random = seededRandom(SEED);
    let from = nftTable({ listeners: [] }, NETWORKS);
    await apply(replacementScript('sluice_x', from));
    for (let step = 0; step < STEPS; step++) {
      const description = randomDescription(random);
      assert.deepEqual(kernelFaults(description), []);
      const to = nftTable(description, NETWORKS);
      const prepared = withNewParts(from, to);
      for (const script of [changeScript('sluice_x', from, prepared), changeScript('sluice_x', prepared, to)]) await apply(script);
      const changed = await listed();
      await apply(replacementScript('sluice_x', to));
      assert.deepEqual(changed, await listed(), `seed ${SEED}, step ${step}`);
      from = to;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
