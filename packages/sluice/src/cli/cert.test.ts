import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const directory = mkdtempSync(join(tmpdir(), 'sluice-cert-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const PROGRAM = join(import.meta.dirname, '../../bin/sluice.js');
const env = { ...process.env, SLUICE_DEV_DIR: join(directory, 'dev') };

async function run(...words: string[]): Promise<{ output: string; errors: string; code: number }> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, 'cert', ...words], { env, cwd: directory, timeout: 20_000 }, (error, output, errors) => {
      resolve({ output, errors, code: error === null ? 0 : Number(error.code) });
    });
  });
}

test('makes a certificate, and says where it is and how to trust it', async () => {
  const { output, errors, code } = await run('dev', 'shop.test', '10.0.0.1');
  assert.deepEqual([errors, code], ['', 0]);
  const certFile = /^certificate {2}(\S+)$/m.exec(output)?.[1];
  assert.match(readFileSync(certFile ?? '', 'utf8'), /BEGIN CERTIFICATE/);
  const ca = join(directory, 'dev/ca.pem');
  for (const line of [
    'for          shop.test, 10.0.0.1',
    `sudo cp ${ca} /usr/local/share/ca-certificates/sluice-dev.crt && sudo update-ca-certificates`,
    `security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${ca}`,
    `curl --cacert ${ca} https://shop.test:8443/`,
    `NODE_EXTRA_CA_CERTS=${ca} node client.js`,
  ]) {
    assert.ok(output.includes(line), line);
  }
});

test('--out puts all three where they are wanted', async () => {
  const { output, code } = await run('dev', '--out', 'tls');
  assert.equal(code, 0);
  assert.match(output, /for {10}localhost, \*\.localhost, 127\.0\.0\.1, ::1|for {10}\*\.localhost, localhost, 127\.0\.0\.1, ::1/);
  const files = readdirSync(join(directory, 'tls')).toSorted();
  assert.equal(files.length, 3);
  const key = files.find((name) => name.endsWith('.key')) ?? '';
  assert.equal(statSync(join(directory, 'tls', key)).mode & 0o777, 0o600);
});

test('what is wrong is one line', async () => {
  const { errors, code } = await run('dev', 'a b');
  assert.match(errors, /^sluice: "a b" is no name for a certificate.*\n$/);
  assert.equal(code, 1);
  const unknown = await run('dev', '--unknown');
  assert.match(unknown.errors, /^sluice: unknown option '--unknown'.*\n$/);
  assert.equal(unknown.code, 2);
});
