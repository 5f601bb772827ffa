import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { tlsMaterial } from '../../test/support/tls-material.ts';
import { type PlanResult, planFrom } from './load-plan.ts';

const material = await tlsMaterial();
after(() => material[Symbol.dispose]());
const { files } = await material.leaf('admin', ['localhost']);

function plan(admin: unknown): Promise<PlanResult> {
  const config = { listeners: { web: { http: ':8080' } }, services: { a: { endpoints: ['127.0.0.1:1'] } }, routes: [{ to: 'a' }], admin };
  return planFrom(config, { generation: 1, cores: 1 }, join(material.directory, 'sluice.config.json'));
}

async function messages(admin: unknown): Promise<string> {
  const result = await plan(admin);
  return (result.ok ? result.warnings : result.faults).map(({ message }) => message).join('\n');
}

test('paths are from the configuration’s directory, and the files are watched', async () => {
  const tls = { cert: 'admin.pem', key: 'admin.key', clientCa: 'ca.pem', clients: [{ name: 'ops', scope: 'operate' }] };
  const result = await plan({ address: '127.0.0.1:9900', tls, audit: 'audit.jsonl', dashboard: false });
  assert.ok(result.ok);
  const { admin } = result.settings.observe;
  assert.deepEqual(admin.tls, { certFile: files.cert, keyFile: files.key, clientCaFile: material.caFile, clients: tls.clients });
  assert.deepEqual([admin.auditFile, admin.dashboard], [join(material.directory, 'audit.jsonl'), false]);
  assert.deepEqual(
    result.files.map(({ path }) => path),
    [files.cert, files.key, material.caFile],
  );
});

test('certificates that cannot be used are faults that name the file', async () => {
  const other = await material.leaf('other', ['localhost']);
  const address = '127.0.0.1:9900';
  assert.match(
    await messages({ address, tls: { cert: files.cert, key: other.files.key } }),
    /admin.*tls\.cert file ".*other\.key" has a key that does not belong/,
  );
  assert.match(await messages({ address, tls: { cert: 'missing.pem', key: files.key } }), /missing\.pem/);
  const clients = [{ name: 'ops', scope: 'read' }];
  assert.match(await messages({ address, tls: { ...files, clientCa: files.key, clients } }), /tls\.clientCa file/);
});

test('off loopback somebody must be asked for, and not in the clear', async () => {
  const address = '10.0.0.5:9900';
  const sha256 = 'a'.repeat(64);
  const tokens = [{ name: 'ci', sha256, scope: 'read' }];
  const tls = { cert: files.cert, key: files.key };
  assert.match(
    await messages({ address }),
    /^admin is reachable from other machines \(10\.0\.0\.5:9900\) and has no token; .*sluice hash-token/,
  );
  assert.match(await messages({ address, tls }), /has no token/);
  assert.match(await messages({ address, tokens }), /^admin\.?.*address.* go there in the clear/);
  assert.equal(await messages({ address, tokens, tls }), '');
  assert.equal(await messages({ address, tls: { ...tls, clientCa: 'ca.pem', clients: [{ name: 'ops', scope: 'admin' }] } }), '');
});

test('what does not fit together is named', async () => {
  const address = '127.0.0.1:9900';
  const sha256 = 'a'.repeat(64);
  const token = { name: 'ci', sha256, scope: 'read' };
  const tls = { cert: files.cert, key: files.key };
  for (const [admin, expected] of [
    [{ tokens: [token, token] }, /tokens\[1\]\.name is the name of tokens\[0\], too; give each its own/],
    [{ tokens: [{ ...token, scope: 'opreate' }] }, /scope must be one of 'read', 'operate', 'admin'.*did you mean "operate"/],
    [{ tokens: [{ ...token, sha256: 'hunter2' }] }, /64 hexadecimal digits/],
    [{ tokens: Array.from({ length: 101 }, (_, index) => ({ ...token, name: `t${index}` })) }, /at most 100 tokens/],
    [{ tls: { ...tls, clients: [{ name: 'ops', scope: 'read' }] } }, /clients has no effect without clientCa/],
    [{ tls: { ...tls, clientCa: 'ca.pem' } }, /clientCa lets nobody in: there are no clients and no token/],
  ] as const)
    assert.match(await messages({ address, ...admin }), expected);
});
