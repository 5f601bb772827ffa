import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AdvertisedPolicy, limitItem, policyField, policyItem, retryAfterSeconds } from './headers.ts';

const MINUTE: AdvertisedPolicy = { name: 'permin', quota: 50, windowMs: 60_000 };
const HOUR: AdvertisedPolicy = { name: 'perhr', quota: 1_000, windowMs: 3_600_000 };

function allowed(remaining: number): Parameters<typeof limitItem>[1] {
  return { allowed: true, limit: 50, remaining, resetMs: 0, retryAfterMs: 0 };
}

function refused(retryAfterMs: number): Parameters<typeof limitItem>[1] {
  return { allowed: false, limit: 50, remaining: 0, resetMs: 60_000, retryAfterMs };
}

test('policies are a list of strings with quota and window', () => {
  assert.equal(policyField([MINUTE, HOUR]), '"permin";q=50;w=60, "perhr";q=1000;w=3600');
});

test('windows are whole seconds: a shorter one is told as what it comes to', () => {
  assert.equal(policyItem({ name: 'fast', quota: 10, windowMs: 100 }), '"fast";q=100;w=1');
  assert.equal(policyItem({ name: 'odd', quota: 10, windowMs: 2_500 }), '"odd";q=12;w=3');
});

test('a bound on what is in flight has a unit and no window', () => {
  const policy = { name: 'parallel', quota: 4, windowMs: null };
  assert.equal(policyItem(policy), '"parallel";q=4;qu="concurrent-requests"');
  assert.equal(limitItem(policy, allowed(3)), '"parallel";r=3');
});

test('names are escaped as strings are', () => {
  assert.equal(policyItem({ name: 'a "b" \\c', quota: 1, windowMs: 1_000 }), '"a \\"b\\" \\\\c";q=1;w=1');
  assert.throws(() => policyItem({ name: 'größe', quota: 1, windowMs: 1_000 }), /printable ASCII/);
});

test('what is left comes with the time in which the rate earns it, so that their ratio is the rate', () => {
  assert.equal(limitItem(MINUTE, allowed(50)), '"permin";r=50;t=60');
  assert.equal(limitItem(MINUTE, allowed(20)), '"permin";r=20;t=24');
});

test('whoever took the last one is told to wait for as long as one takes to come back', () => {
  assert.equal(limitItem({ name: 'login', quota: 5, windowMs: 60_000 }, allowed(0)), '"login";r=0;t=12');
  assert.equal(limitItem(MINUTE, allowed(0)), '"permin";r=0;t=2');
});

test('a refusal says when there is something again, rounded up, and Retry-After is never before it', () => {
  assert.equal(limitItem(MINUTE, refused(1_200)), '"permin";r=0;t=2');
  assert.equal(retryAfterSeconds(1_200, 0), 2);
  assert.equal(retryAfterSeconds(0, 0), 1);
  assert.equal(retryAfterSeconds(100_000, 0.99), 110, 'spread over a tenth more');
});

test('where waiting does not help nobody is told to wait', () => {
  assert.equal(retryAfterSeconds(Infinity, 0), null);
  assert.equal(limitItem(MINUTE, refused(Infinity)), '"permin";r=0');
});
