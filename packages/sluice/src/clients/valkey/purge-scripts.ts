/**
 * Purges in a store that nodes share, for `control/caching/shared-purges.ts`. They are numbered by the store, kept in a stream under their numbers, and published; replies that lie there are judged by
 * the number that was the last when they were stored. All keys of a cache begin alike.
 */
import { valkeyScript } from './valkey-script.ts';

/** Purges that a node may have missed and still follow; older ones are the floor. */
export const PURGES_KEPT = 8_192;

/** Keys: the last number, the stream, the floor. Values: the least that the last number may be, the order as JSON, the channel. Answers with its number. */
export const PURGE = valkeyScript(`
local known = tonumber(ARGV[1])
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
if last < known then
  redis.call('SET', KEYS[3], string.format('%d', known))
  last = known
end
local number = string.format('%d', last + 1)
redis.call('SET', KEYS[1], number)
local ok = pcall(redis.call, 'XADD', KEYS[2], 'MAXLEN', '~', '${PURGES_KEPT}', number .. '-0', 'o', ARGV[2])
if not ok then
  redis.call('DEL', KEYS[2])
  redis.call('XADD', KEYS[2], number .. '-0', 'o', ARGV[2])
  redis.call('SET', KEYS[3], string.format('%d', last))
end
redis.call('PUBLISH', ARGV[3], number .. ' ' .. ARGV[2])
return number
`);

/**
 * What a node does not know. Keys as above; values: the least that the last number may be, the number after which to begin, how many purges at most. A store that knows less than the node has lost
 * what it had, or went back to an older state: it is brought up to the node's number, and what lies there from before counts as gone for who does not know better. Answers with the last number, the
 * floor, and numbers and orders in turn.
 */
export const CATCH_UP = valkeyScript(`
local least = tonumber(ARGV[1])
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
if last < least then
  redis.call('SET', KEYS[1], string.format('%d', least))
  redis.call('SET', KEYS[3], string.format('%d', least))
  redis.call('DEL', KEYS[2])
  last = least
end
local floor = tonumber(redis.call('GET', KEYS[3]) or '0')
local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)
local before = last
if first[1] then before = tonumber(string.match(first[1][1], '^(%d+)')) - 1 end
if before > floor then floor = before end
local answer = { string.format('%d', last), string.format('%d', floor) }
for _, each in ipairs(redis.call('XRANGE', KEYS[2], string.format('%d-1', tonumber(ARGV[2])), '+', 'COUNT', tonumber(ARGV[3]))) do
  answer[#answer + 1] = string.match(each[1], '^(%d+)')
  answer[#answer + 1] = each[2][2]
end
return answer
`);
