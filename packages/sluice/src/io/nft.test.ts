import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findProgram, NftError, nftFailure, systemNft } from './nft.ts';

/** A program that stands for nft, for ends that a healthy one does not come to. */
async function withProgram(script: string, check: (program: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-nft-'));
  try {
    const program = join(folder, 'nft');
    await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await check(program);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function failsWith(failure: NftError['failure'], text: RegExp) {
  return (error: unknown) => error instanceof NftError && error.failure === failure && text.test(error.message);
}

test('without nft the error says how to get it', async () => {
  await assert.rejects(systemNft(null).apply(''), failsWith('missing', /apt-get install nftables/));
  await assert.rejects(systemNft('/nowhere/nft').apply(''), failsWith('missing', /not installed/));
});

test('programs are found on PATH and in the folders of the administrator', async () => {
  await withProgram('', async (program) => {
    assert.equal(findProgram('nft', join(program, '..')), program);
  });
  assert.equal(findProgram('no-such-program'), null);
  // A relative folder on PATH would run what lies in the directory of the moment.
  assert.equal(findProgram('package.json', '.'), null);
});

test('complaints are turned into what to do', () => {
  const forbidden = 'Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted\n';
  assert.ok(failsWith('forbidden', /needs root or CAP_NET_ADMIN/)(nftFailure(forbidden)));
  assert.ok(
    failsWith('unsupported', /no nf_tables/)(nftFailure('netlink: Error: Unable to initialize Netlink socket: Protocol not supported')),
  );
  const lost = '/dev/stdin:1:17-24: Error: No such file or directory\nflush map inet nope x\n';
  assert.ok(failsWith('lost', /was removed by another program/)(nftFailure(lost)));
  assert.ok(failsWith('refused', /^nft: .*syntax error/)(nftFailure('/dev/stdin:1:4-4: Error: syntax error, unexpected newline\nbad\n')));
  assert.ok(failsWith('refused', /no reason given/)(nftFailure('')));
});

test('the script goes in by standard input, the exit code decides', async () => {
  await withProgram('test "$*" = "-f -" && grep -q "^add table inet x$"', async (program) => {
    await systemNft(program).apply('add table inet x\n');
    await assert.rejects(systemNft(program).apply('something else\n'), failsWith('refused', /no reason given/));
  });
  await withProgram('kill -9 $$', async (program) => {
    await assert.rejects(systemNft(program).apply('x'.repeat(1_000_000)), failsWith('unknown', /ended by SIGKILL/));
  });
});

test('tables are known by their whole name', async () => {
  await withProgram('echo "table inet sluice_a"; echo "table inet sluice_abc"', async (program) => {
    assert.equal(await systemNft(program).hasTable('sluice_a'), true);
    assert.equal(await systemNft(program).hasTable('sluice_ab'), false);
  });
});

test('counters are read from nft’s JSON', async () => {
  await withProgram(`echo '{"nftables": [{"counter": {"name": "a", "packets": 1, "bytes": 2}}]}'`, async (program) => {
    assert.deepEqual([...(await systemNft(program).counters('t'))], [['a', { packets: 1, bytes: 2 }]]);
  });
});

test('a user without rights is told what is needed', async (context) => {
  const program = findProgram('nft');
  if (program === null || process.getuid?.() !== 0) return context.skip('needs nft, and root to give up');
  const { stderr } = spawnSync('setpriv', ['--reuid=65534', '--clear-groups', program, 'list', 'tables'], { encoding: 'utf8' });
  assert.ok(failsWith('forbidden', /CAP_NET_ADMIN/)(nftFailure(stderr)), stderr);
});
