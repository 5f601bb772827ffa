import { deepEqual, equal, throws } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { instant } from '../base/time.ts';
import { NO_OBSERVE } from '../config/observe-plan.ts';
import { Callers, placeOf, TRIES_MAX } from './caller.ts';

const TOKEN = 'correct-horse-battery';
const socket = new Socket();
const tokens = [
  { name: 'ci', sha256: createHash('sha256').update('ci-ci-ci-ci-ci-ci').digest('hex'), scope: 'operate' },
  { name: 'wall', sha256: createHash('sha256').update('wall-wall-wall-wall').digest('hex'), scope: 'read' },
] as const;

function statusOf(callers: Callers, token: string, from: string, at: number): number {
  const who = callers.identify(`Bearer ${token}`, socket, from, instant(at));
  return who.ok ? 200 : who.reply.status;
}

test('each token is who it is for; without any, everybody is local', () => {
  const callers = new Callers({ ...NO_OBSERVE.admin, token: TOKEN, tokens });
  const of = (token: string): unknown => {
    const who = callers.identify(`bearer ${token}`, socket, 'a', instant(0));
    return who.ok ? who.caller : who.reply.status;
  };
  deepEqual(of('ci-ci-ci-ci-ci-ci'), { name: 'ci', scope: 'operate' });
  deepEqual(of('wall-wall-wall-wall'), { name: 'wall', scope: 'read' });
  deepEqual(of(TOKEN), { name: 'token', scope: 'admin' });
  equal(of(tokens[0].sha256), 401); // what the configuration shows opens nothing
  const open = new Callers(NO_OBSERVE.admin);
  deepEqual(open.identify(undefined, socket, 'a', instant(0)), { ok: true, caller: { name: 'local', scope: 'admin' } });
  throws(() => new Callers({ ...NO_OBSERVE.admin, token: 'short' }), /16 characters or more, it has 5/);
});

test('security: after ten wrong tokens in a minute not even the right one is compared, from there only, over a reload too', () => {
  const settings = { ...NO_OBSERVE.admin, tokens };
  const callers = new Callers(settings);
  for (let count = 0; count < TRIES_MAX; count++) equal(statusOf(callers, `guess-${count}`, 'a', count), 401);
  equal(statusOf(callers, 'ci-ci-ci-ci-ci-ci', 'a', 100), 429);
  equal(statusOf(callers, 'ci-ci-ci-ci-ci-ci', 'b', 100), 200);
  const again = new Callers(settings, callers);
  const refused = again.identify('Bearer x', socket, 'a', instant(30_000));
  deepEqual(refused.ok ? null : refused.reply.headers, { 'retry-after': '30' });
  equal(statusOf(again, 'ci-ci-ci-ci-ci-ci', 'a', 60_000), 200);
});

test('security: addresses without end take no memory without end', () => {
  const callers = new Callers({ ...NO_OBSERVE.admin, tokens });
  for (let count = 0; count < TRIES_MAX; count++) statusOf(callers, 'guess', 'first', 0);
  equal(statusOf(callers, 'guess', 'first', 1), 429);
  for (let count = 0; count < 4_096; count++) statusOf(callers, 'guess', `other ${count}`, 1);
  equal(statusOf(callers, 'guess', 'first', 2), 401);
});

test('one place is an IPv4 address or an IPv6 /64, however it is written', () => {
  const place = (remoteAddress: string): string => placeOf({ remoteAddress } as Socket);
  deepEqual(['192.0.2.1', '::ffff:192.0.2.1'].map(place), ['192.0.2.1', '192.0.2.1']);
  deepEqual(['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::9', '2001:db8:1:2:ffff::'].map(place), Array(3).fill('2001:db8:1:2'));
  deepEqual(['::1', '2001:db8::1'].map(place), ['0:0:0:0', '2001:db8:0:0']);
});
