import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterFault, readAccessLine, statusKind } from './access-line.ts';

const JSON_LINE =
  '{"time":"2026-11-20T22:01:19.140Z","method":"GET","path":"/a","status":200,"durationMs":0.7,"route":"shop","attempts":1,"tls":{"version":"1.3"}}';

test('a line has its columns, and all fields in their order', () => {
  const line = readAccessLine(JSON_LINE)!;
  assert.deepEqual([line.method, line.path, line.status, line.durationMs, line.route, line.service], ['GET', '/a', 200, 0.7, 'shop', '']);
  assert.deepEqual(line.fields.slice(-2), [
    ['attempts', '1'],
    ['tls', '{"version":"1.3"}'],
  ]);
});

test('what is no line is none', () => {
  assert.equal(readAccessLine('{"time":'), null);
  assert.equal(readAccessLine('null'), null);
  assert.deepEqual(readAccessLine('{"status":"ok"}')?.status, 0);
});

test('a reply is good, refused or failed; one that was cut failed whatever its status', () => {
  const kind = (text: string) => statusKind(readAccessLine(text)!);
  assert.equal(kind('{"status":204,"outcome":"complete"}'), 'good');
  assert.equal(kind('{"status":404}'), 'refused');
  assert.equal(kind('{"status":503}'), 'failed');
  assert.equal(kind('{"status":200,"outcome":"client-gone"}'), 'failed');
});

test('a status is a number or a class', () => {
  const fault = (status: string) => filterFault({ route: '', service: '', endpoint: '', q: '', status });
  for (const status of ['', '404', '5xx']) assert.equal(fault(status), null);
  for (const status of ['4', '600', '5XX', 'ok']) assert.match(fault(status)!, /404/);
});
