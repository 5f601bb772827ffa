/** What testssl.sh, which half the world checks its servers with, finds in a listener of ours: nothing worse than LOW. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasProgram } from '../../../../scripts/system-packages.ts';
import { startGateway } from '../support/gateway.ts';
import { runProgram } from '../support/run-program.ts';
import { tlsMaterial } from '../support/tls-material.ts';

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

const isMissing = !hasProgram('testssl') && process.env['CI'] !== 'true';
/** Protocols, forward secrecy, server's preferences and certificate, all vulnerabilities it knows. */
const CHECKS = ['-p', '-f', '-P', '-S', '-U'];

test('testssl.sh has no finding above LOW', { timeout: 170_000, skip: isMissing ? 'testssl is not installed' : false }, async () => {
  using material = await tlsMaterial();
  const names = ['localhost'];
  const ocspUrl = 'http://127.0.0.1:9/'; // it wants to see one, and asks nothing there
  const certificates = [
    (await material.leaf('ec', names, { ocspUrl, days: 90 })).files,
    (await material.leaf('rsa', names, { keyType: 'rsa', ocspUrl, days: 90 })).files,
  ];
  await using gateway = await startGateway({
    services: {},
    routes: [{ path: '/*', respond: { status: 200, body: 'hello' } }],
    workers: 1,
    listener: { tls: { certificates, hsts: true } },
  });
  const report = join(material.directory, 'report.json');
  const quiet = ['--quiet', '--color', '0', '--warnings', 'off', '--nodns', 'none', '--ip', '127.0.0.1'];
  const words = [...CHECKS, ...quiet, '--add-ca', material.caFile, '--jsonfile', report, `https://localhost:${gateway.port}`];
  const { output } = await runProgram('testssl', words, { timeoutMs: 160_000 });
  const findings = JSON.parse(readFileSync(report, 'utf8')) as Finding[];
  const isKnown = new Set(['OK', 'INFO', 'LOW', 'WARN', 'DEBUG']);
  const bad = findings.filter(({ severity }) => !isKnown.has(severity));
  assert.deepEqual(bad, [], output);
  const found = new Map(findings.map(({ id, finding }) => [id, finding]));
  assert.match(found.get('TLS1_3') ?? '', /offered/, 'it did look');
  assert.match(found.get('heartbleed') ?? '', /not vulnerable/);
  assert.ok(findings.length > 60, `${findings.length} findings`);
});
