"""What lies in a topic longer than it may is taken out, by the server's clock; the topic ends after its last entry."""

from __future__ import annotations

from dataflow.engines.redis_kept import KEPT, REVIVE

AT_ONCE = 1_000
"""Entries that are taken out in one step: the server does nothing else meanwhile."""

EXPIRE = (
    REVIVE
    + """
-- Takes out of a stream what is older than `lasts` milliseconds, so many entries at most, and returns how many; what a
-- group was never given of them is counted in the hash of its flow. The stream ends a minute after its newest entry.
local MOST, PAGE = AT_ONCE, 50 -- a page of large records must have room in memory
local function is_later(id, other)
  local a, b = id:find('-'), other:find('-')
  local first, second = tonumber(id:sub(1, a - 1)), tonumber(other:sub(1, b - 1))
  return first > second or first == second and tonumber(id:sub(a + 1)) > tonumber(other:sub(b + 1))
end
local function records(fields)
  local kind, data, found = fields[1], fields[2], 1
  if kind == 'f' then
    found = select(2, data:gsub('\\n', '')) + 1
  elseif kind == 'p' then
    local at = 1
    found = 0
    while at + 7 <= #data do
      local key, value = struct.unpack('<i4I4', data, at)
      at, found = at + 8 + math.max(key, 0) + value, found + 1
    end
  end
  return found
end
local function count(stream, found, counts)
  for _, told in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local group, lost, entries = fields_of(told), 0, 0
    local base = base_of(group.name)
    for i = #found, 1, -1 do
      local id, fields = found[i][1], found[i][2]
      if not is_later(id, group['last-delivered-id']) then break end
      if fields[3] ~= 'g' or base_of(fields[4]) == base then lost, entries = lost + records(fields), entries + 1 end
    end
    expired(counts, group.name, lost)
    settled(stream, group.name, entries)
  end
end
local function expire(stream, lasts, counts)
  local time = redis.call('TIME')
  local oldest, gone = math.max(1, time[1] * 1000 + math.floor(time[2] / 1000) - lasts), 0
  repeat
    local found = redis.call('XRANGE', stream, '-', string.format('%.0f', oldest - 1), 'COUNT', PAGE + 1)
    local stays = #found > PAGE and table.remove(found)[1]
    if #found > 0 then
      count(stream, found, counts)
      redis.call('XTRIM', stream, 'MINID', '=', stays or string.format('%.0f', oldest))
      gone = gone + #found
    end
    if stays and gone >= MOST then return gone end
  until not stays
  local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  if newest then
    local ends = tonumber(newest[1]:sub(1, newest[1]:find('-') - 1)) + lasts + 60000
    redis.call('PEXPIREAT', stream, string.format('%.0f', ends))
    if redis.call('EXISTS', kept(stream)) == 1 then redis.call('HSET', kept(stream), '', added(stream)) end
  end
  return gone
end
""".replace("AT_ONCE", str(AT_ONCE))
)

TRIM = (
    EXPIRE
    + """
-- KEYS: a topic. ARGV: milliseconds, beginning of the names of counters.
return expire(KEYS[1], tonumber(ARGV[1]), ARGV[2])
"""
)
APPEND = (
    EXPIRE
    + """
-- KEYS: a topic. ARGV: milliseconds (0: for ever), beginning of the names of counters, then sealed records.
revive(KEYS[1], ARGV[2])
for at = 3, #ARGV do redis.call('XADD', KEYS[1], '*', 'e', ARGV[at]) end
if ARGV[1] == '0' then
  redis.call('PERSIST', KEYS[1])
else
  expire(KEYS[1], tonumber(ARGV[1]), ARGV[2])
end
"""
)
TAKE_OUT = (
    KEPT
    + """
-- Gives up entries that a worker left behind and that are gone by now.
-- KEYS: topic, counters. ARGV: group, service, ids.
local done = 0
for at = 3, #ARGV do
  if #redis.call('XRANGE', KEYS[1], ARGV[at], ARGV[at]) == 0 then
    done = done + redis.call('XACK', KEYS[1], ARGV[1], ARGV[at])
  end
end
settled(KEYS[1], ARGV[1], done)
if done > 0 then redis.call('HINCRBY', KEYS[2], ARGV[2] .. '#expired', done) end
return done
"""
)
