import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const directory = mkdtempSync(join(tmpdir(), 'sluice-check-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const PROGRAM = join(import.meta.dirname, '../../bin/sluice.js');

/** Runs a command; returns what it writes and its exit code. */
async function run(...words: string[]): Promise<{ output: string; errors: string; code: number }> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...words], { cwd: import.meta.dirname, timeout: 20_000 }, (error, output, errors) => {
      resolve({ output, errors, code: error === null ? 0 : Number(error.code) });
    });
  });
}

function write(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

test('a module that ends the process is a fault, not a pass', async () => {
  const { output, errors, code } = await run('check', '--config', write('exits.mjs', 'process.exit(0);'));
  assert.equal(output, '');
  assert.match(errors, /1 fault\n.*must return, and not call process\.exit/);
  assert.equal(code, 2);
});

test('the summary counts instances that sluice would run', async () => {
  const services =
    'a: { run: { command: [node, a.js] }, replicas: { min: 0, max: 4 } }, b: { run: { command: [node, b.js] }, replicas: 2 }';
  const text = `listeners: { web: { http: ':8080' } }\nservices: { ${services}, c: { endpoints: ['h:1'] } }\nroutes: [{ to: { a: 1, b: 1, c: 1 } }]\nworkers: 1\n`;
  const { output, code } = await run('check', '--config', write('fleet.yaml', text));
  assert.match(output, /1 listener, 3 services with 1 endpoint and 2 to 6 instances, 1 route, 1 worker\n$/);
  assert.equal(code, 0);
});

test('a valid configuration gets a summary and exit code 0', async () => {
  const path = write(
    'good.yaml',
    "listeners: { web: { http: ':8080' } }\nservices: { a: { endpoints: ['h:1', 'h:2'] } }\nroutes: [{ to: a }]\nworkers: 2\n",
  );
  const { output, errors, code } = await run('check', '--config', path);
  assert.match(output, /good\.yaml is valid: 1 listener, 1 service with 2 endpoints, 1 route, 2 workers\n$/);
  assert.deepEqual([errors, code], ['', 0]);
});

test('warnings are shown and change nothing', async () => {
  const path = write('warn.yaml', "listeners: { web: { http: ':8080' } }\nservices: { a: { endpoints: [] } }\nroutes: [{ to: a }]\n");
  const { errors, code } = await run('check', '--config', path);
  assert.match(errors, /warn\.yaml: 1 warning\n {2}service "a": endpoints is empty/);
  assert.equal(code, 0);
});

test('every fault is shown, and the exit code is 2', async () => {
  const path = write(
    'bad.yaml',
    "listeners: { web: { http: 8080 } }\nservices: { a: { endpoints: ['h:1'], slowStart: 5 } }\nroutes: [{ to: b }]\n",
  );
  const { output, errors, code } = await run('check', '--config', path);
  assert.equal(output, '');
  assert.match(errors, /bad\.yaml: 3 faults\n {2}listener "web": http .*\n {2}service "a": slowStart .*\n {2}route 0: to names a service/);
  assert.equal(code, 2);
});

test('the schema is printed as JSON', async () => {
  const { output, code } = await run('schema');
  assert.equal((JSON.parse(output) as { title: string }).title, 'Sluice configuration');
  assert.equal(code, 0);
});

test('a certificate that is to be ordered is told of, and is no fault', async () => {
  const path = write(
    'acme.yaml',
    "listeners: { web: { http: ':8080' }, secure: { https: ':8443', tls: { certificates: { acme: [a.example.com, b.example.com] } } } }\n" +
      'acme: { terms: agreed, storage: certificates }\nroutes: [{ respond: 204 }]\nworkers: 2\n',
  );
  const { output, errors, code } = await run('check', '--config', path);
  assert.match(
    output,
    /\n {2}listener "secure": the certificate for a\.example\.com, b\.example\.com is pending: ordered when sluice runs\n$/,
  );
  assert.deepEqual([errors, code], ['', 0]);
});
