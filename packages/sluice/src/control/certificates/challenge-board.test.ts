import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import { timestamp } from '../../base/time.ts';
import type { AcmeChallengesPlan } from '../../config/plan.ts';
import type { AcmeChallenge, ChallengeKind } from '../../clients/acme/client.ts';
import { seededBytes } from '../../../test/support/authority.ts';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { ChallengeBoard } from './challenge-board.ts';

let published: AcmeChallengesPlan[];
let fails: boolean;
let board: ChallengeBoard;
const signal = new AbortController().signal;

beforeEach(() => {
  published = [];
  fails = false;
  board = new ChallengeBoard({
    clock: { ...manualRuntime().clock, wall: () => timestamp(Date.now()) },
    random: seededBytes(),
    publish: async (challenges) => {
      published.push(challenges);
      if (fails) throw new Error('no worker');
    },
  });
});

const proof = (kind: ChallengeKind, name: string, token = `token-of-${name}`): AcmeChallenge => ({
  ...{ kind, name, token },
  keyAuthorization: `${token}.thumb`,
});

test('what is shown is published as a whole, and taken away as a whole', async () => {
  const first = [proof('http-01', 'a.test'), proof('http-01', 'b.test')];
  const second = [proof('http-01', 'c.test')];
  await board.present(first, signal);
  await board.present(second, signal);
  assert.deepEqual(
    published.at(-1)?.http.map(({ token }) => token),
    ['token-of-a.test', 'token-of-b.test', 'token-of-c.test'],
  );
  assert.equal(published[0]?.http[0]?.keyAuthorization, 'token-of-a.test.thumb');
  await board.remove(first);
  assert.deepEqual(
    published.at(-1)?.http.map(({ token }) => token),
    ['token-of-c.test'],
  );
  await board.remove(second);
  assert.deepEqual(published.at(-1), { http: [], tls: [] });
});

test('tls-alpn-01 gets a certificate for its name; the latest proof of a name counts', async () => {
  const [one, two] = [proof('tls-alpn-01', 'a.test', 'one'), proof('tls-alpn-01', 'a.test', 'two')];
  await board.present([one], signal);
  const before = published[0]?.tls[0];
  assert.equal(new X509Certificate(before?.certPem ?? '').subjectAltName, 'DNS:a.test');
  assert.deepEqual(Object.keys(before ?? {}).toSorted(), ['certPem', 'keyPem', 'name']);
  await board.present([two], signal);
  assert.notEqual(published.at(-1)?.tls.find(({ name }) => name === 'a.test')?.certPem, before?.certPem);
  await board.remove([two]);
  assert.deepEqual(published.at(-1)?.tls, [before]);
});

test('workers that cannot be told stop an order, but not its end', async () => {
  fails = true;
  const list = [proof('http-01', 'a.test')];
  await assert.rejects(board.present(list, signal), /no worker/);
  await board.remove(list);
  assert.deepEqual(board.challenges, { http: [], tls: [] });
});
