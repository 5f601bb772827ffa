/**
 * The scripts that limits shared through a server run there: each one round trip, atomic, and by the server's own clock (`TIME`), so that nodes' clocks need not agree. Keys are given by the
 * caller, one per script, so they work in a cluster too. Every key expires by itself when it is idle.
 */
import type { LeaseAnswer } from '../../core/rate-limiting/lease.ts';
import type { GcraRule } from '../../core/rate-limiting/gcra.ts';
import type { CommandWord, ValkeyReply } from './library.ts';
import { type ValkeyScript, valkeyScript } from './valkey-script.ts';

const NOW = `local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
`;

/** Takes up to `want` units of a rate, after it has charged `debt` in any case (`core/rate-limiting/gcra.ts`, in microseconds). */
export const GCRA_LEASE: ValkeyScript = valkeyScript(`${NOW}local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local want, debt = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0')) + debt * interval
local room = burst + 0.001 - (time - now) / interval
local granted = math.max(0, math.min(want, math.floor(room)))
time = time + granted * interval
room = room - granted
if debt + granted > 0 then
  redis.call('SET', KEYS[1], string.format('%.3f', time), 'PX', math.ceil((time - now) / 1000) + 1)
end
return {granted, math.max(0, math.floor(room)), math.max(0, math.ceil((1 - room) * interval))}`);

/** @param rule Of the whole limit. @param want,debt Units, whole. */
export function gcraLeaseValues({ rate, periodMs, burst }: GcraRule, want: number, debt: number): readonly CommandWord[] {
  return [String((periodMs * 1_000) / rate), String(burst), String(want), String(debt)];
}

/** @throws {TypeError} where the answer is not that script's. */
export function readLeaseAnswer(reply: ValkeyReply): LeaseAnswer {
  const [granted, remaining, retryAfterUs] = numbers(reply, 3);
  return { granted: granted!, remaining: remaining!, retryAfterMs: retryAfterUs! / 1_000 };
}

/** Counts `cost` in a window that slides (`core/rate-limiting/sliding-window.ts`), if it fits. */
export const SLIDING_WINDOW: ValkeyScript =
  valkeyScript(`${NOW}local length, limit, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local window = math.floor(now / length)
local since = (now % length) / length
local before, current = 0, 0
local number, first, second = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+) (%d+)$')
if number then
  local age = window - tonumber(number)
  if age == 0 then before, current = tonumber(first), tonumber(second) end
  if age == 1 then before = tonumber(second) end
end
local used = before * (1 - since) + current
if used + cost <= limit then
  if cost > 0 then
    redis.call('SET', KEYS[1], string.format('%.0f %d %d', window, before, current + cost), 'PX', math.ceil(2 * length / 1000))
  end
  return {1, math.floor(limit - used - cost), 0}
end
local room = limit - cost
local wait = -1
if room >= current and before > 0 then
  wait = (1 - (room - current) / before - since) * length
elseif room >= 0 then
  wait = (1 - since + 1 - room / current) * length
end
return {0, math.max(0, math.floor(limit - used)), math.ceil(wait)}`);

/** @param rule Of the limit. @param cost Units, whole; 0 only looks. */
export function slidingWindowValues(rule: { readonly limit: number; readonly windowMs: number }, cost: number): readonly CommandWord[] {
  return [String(rule.windowMs * 1_000), String(rule.limit), String(cost)];
}

/** Takes a place among `limit` for a request, or renews the one it has: places expire, so those of a node that is gone are free after `ttlMs`. */
export const CONCURRENCY_TAKE: ValkeyScript = valkeyScript(`${NOW}local limit, ttl = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local count = redis.call('ZCARD', KEYS[1])
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not known then
  if count >= limit then return {0, 0, 0} end
  count = count + 1
end
redis.call('ZADD', KEYS[1], now + ttl * 1000, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ttl)
return {1, limit - count, 0}`);

/** @param holder Names the request, or the node's share, among all of the key. @param limit In flight. @param ttlMs Life of a place that is not renewed. */
export function concurrencyValues(holder: string, limit: number, ttlMs: number): readonly CommandWord[] {
  return [holder, String(limit), String(ttlMs)];
}

/** Gives the places of the holders named back. */
export const CONCURRENCY_RELEASE: ValkeyScript = valkeyScript(`return redis.call('ZREM', KEYS[1], unpack(ARGV))`);

/** What windows and places answer. */
export interface StoreVerdict {
  readonly allowed: boolean;
  readonly remaining: number;
  /** 0: it was let in, or nobody knows; Infinity: never. */
  readonly retryAfterMs: number;
}

/** @throws {TypeError} where the answer is neither script's. */
export function readStoreVerdict(reply: ValkeyReply): StoreVerdict {
  const [allowed, remaining, retryAfterUs] = numbers(reply, 3);
  return { allowed: allowed === 1, remaining: remaining!, retryAfterMs: retryAfterUs! < 0 ? Infinity : retryAfterUs! / 1_000 };
}

function numbers(reply: ValkeyReply, length: number): readonly number[] {
  const isThese = Array.isArray(reply) && reply.length === length && reply.every((part) => typeof part === 'number');
  if (!isThese) throw new TypeError(`the script must answer ${length} numbers`);
  return reply;
}
