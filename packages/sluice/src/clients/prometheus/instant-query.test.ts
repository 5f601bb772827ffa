import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instantQueryUrl, readInstantAnswer } from './instant-query.ts';

const vector = (...values: readonly unknown[]): string =>
  JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: { job: 'a' }, value: [1_795_000_000.1, value] })) },
  });

test('a query goes to the API under the address, whose own path and query stay', () => {
  const url = instantQueryUrl('http://me:secret@prom:9090/prometheus/?tenant=a', 'sum(rate(x{a="b"}[1m])) + 1', 2_500);
  assert.equal(url.pathname, '/prometheus/api/v1/query');
  assert.deepEqual(Object.fromEntries(url.searchParams), { tenant: 'a', query: 'sum(rate(x{a="b"}[1m])) + 1', timeout: '2500ms' });
  assert.equal(url.username, 'me');
});

test('a vector of one series and a scalar are numbers', () => {
  assert.equal(readInstantAnswer(200, vector('42.5')), 42.5);
  assert.equal(readInstantAnswer(200, vector('1e3')), 1_000);
  assert.equal(readInstantAnswer(200, '{"status":"success","data":{"resultType":"scalar","result":[1,"7"]}}'), 7);
});

test('anything else is refused, and says what to do', () => {
  const cases: readonly (readonly [status: number, text: string, message: RegExp])[] = [
    [200, vector(), /no series matches; `... or vector\(0\)`/],
    [200, vector('1', '2'), /gives 2 series; make one of them, for example by sum/],
    [200, vector('NaN'), /gives NaN/],
    [200, vector('+Inf'), /gives \+Inf/],
    [200, vector(''), /malformed/],
    [200, vector(' 1'), /malformed/],
    [200, vector(1), /malformed/],
    [200, '{"status":"success","data":{"resultType":"matrix","result":[]}}', /gives a matrix/],
    [200, '{"status":"success","data":{"resultType":"string","result":[1,"a"]}}', /gives a string/],
    [200, '{"status":"success"}', /gives a nothing/],
    [400, '{"status":"error","errorType":"bad_data","error":"parse error"}', /answered 400: bad_data: parse error/],
    [502, '<html>', /answered 502 with something that is not/],
    [200, '[]', /not its API's JSON/],
    [200, 'null', /not its API's JSON/],
  ];
  for (const [status, text, message] of cases) assert.throws(() => readInstantAnswer(status, text), message, text);
});
