/** OCSP stapling by the real program: `openssl ocsp` answers, `openssl s_client` looks. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freePort } from '../../src/io/ports.ts';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { startResponder } from '../support/ocsp-responder.ts';
import { runProgram } from '../support/run-program.ts';
import { skipWithout } from '../support/system-program.ts';
import { type TlsMaterial, tlsMaterial } from '../support/tls-material.ts';
import { eventually } from '../support/waiting.ts';

const skip = skipWithout('openssl');
let material: TlsMaterial;
before(async () => {
  material = await tlsMaterial();
});
after(() => material[Symbol.dispose]());

interface Leaf {
  readonly name: string;
  readonly port: number;
  readonly mustStaple?: boolean;
}

/** The file has the issuer, too: OCSP asks about a certificate in the words of its issuer. */
async function leaf({ name, port, mustStaple = false }: Leaf) {
  const made = await material.leaf(name, [`${name}.test`], { ocspUrl: `http://127.0.0.1:${port}/`, mustStaple });
  material.file(`${name}.pem`, made.certPem + material.authority.certPem);
  return made;
}

function config(certificates: readonly object[]): GatewayConfig {
  return {
    listener: { tls: { certificates } } as NonNullable<GatewayConfig['listener']>,
    routes: [{ path: '/*', respond: { status: 200, body: 'here' } }],
    workers: 2,
  };
}

async function look(gateway: Gateway, name: string): Promise<string> {
  const where = ['-connect', `127.0.0.1:${gateway.port}`, '-servername', name, '-CAfile', material.caFile];
  const { output } = await runProgram('openssl', ['s_client', ...where, '-status', '-verify_return_error']);
  return output;
}

async function isStapled(gateway: Gateway): Promise<readonly boolean[]> {
  const { certificates } = (await (await gateway.admin('/api/status')).json()) as { certificates: { isStapled: boolean }[] };
  return certificates.map((certificate) => certificate.isStapled);
}

test('a certificate that asks for it, or whose configuration does, is stapled; others are not', { skip }, async () => {
  const port = await freePort('127.0.0.1');
  const must = await leaf({ name: 'must', port, mustStaple: true });
  const wanted = await leaf({ name: 'wanted', port });
  const plain = await leaf({ name: 'plain', port });
  const { directory: folder, authority } = material;
  await using _responder = await startResponder({ folder, port, authority, good: [must, wanted, plain] });
  await using gateway = await startGateway(config([must.files, { ...wanted.files, ocsp: 'on' }, plain.files]));
  await eventually(10_000, `both are stapled: ${gateway.output()}`, async () => (await isStapled(gateway)).join() === 'true,true,false');
  for (const name of ['must.test', 'wanted.test']) {
    const output = await look(gateway, name);
    assert.match(output, /OCSP Response Status: successful/, name);
    assert.match(output, /Cert Status: good/, name);
    assert.match(output, /Verify return code: 0 \(ok\)/, name);
  }
  assert.match(await look(gateway, 'plain.test'), /OCSP response: no response sent/);
});

test('without a responder, or when the certificate is revoked, it is served all the same and that is told', { skip }, async () => {
  const port = await freePort('127.0.0.1');
  const revoked = await leaf({ name: 'revoked', port, mustStaple: true });
  const silent = await leaf({ name: 'silent', port: await freePort('127.0.0.1'), mustStaple: true });
  const { directory: folder, authority } = material;
  await using _responder = await startResponder({ folder, port, authority, good: [], revoked: [revoked] });
  await using gateway = await startGateway(config([revoked.files, silent.files]));
  await eventually(10_000, 'both are told', () =>
    /certificate-revoked[^]*ocsp-failed|ocsp-failed[^]*certificate-revoked/.test(gateway.output()),
  );
  assert.match(gateway.output(), /ocsp-failed names=silent\.test reason=.*ECONNREFUSED/);
  assert.deepEqual(await isStapled(gateway), [false, false]);
  for (const name of ['revoked.test', 'silent.test']) assert.match(await look(gateway, name), /OCSP response: no response sent/);
});
