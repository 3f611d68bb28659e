"""What each group of consumers is done with in a topic that ends: what goes with the topic as a whole is counted then.

Beside such a topic lies a hash that has no end: how many entries were ever added, and how many of them each group has
acknowledged, or lost when they were taken out. The difference is what nobody has told of.
"""

from __future__ import annotations

KEPT = """
local function kept(stream) return stream .. ':kept' end
local function settled(stream, group, entries)
  if entries > 0 and redis.call('HEXISTS', kept(stream), group) == 1 then
    redis.call('HINCRBY', kept(stream), group, entries)
  end
end
"""
REVIVE = (
    KEPT
    + """
local function base_of(group) return group:match('^[^@]*') end -- behind it stands which reading of its sources it is
local function expired(counts, group, records)
  local flow, service = base_of(group):match('^(.*):(.-)$')
  if records > 0 and flow then redis.call('HINCRBY', counts .. flow, service .. '#expired', records) end
end
local function fields_of(told)
  local found = {}
  for i = 1, #told, 2 do found[told[i]] = told[i + 1] end
  return found
end
local function added(stream) return fields_of(redis.call('XINFO', 'STREAM', stream))['entries-added'] end
local function behind(stream, id) -- how many entries come behind one
  local found, number, after = nil, 0, id
  repeat
    found = redis.call('XRANGE', stream, '(' .. after, '+', 'COUNT', 100)
    number = number + #found
    if #found > 0 then after = found[#found][1] end
  until #found < 100
  return number
end
local function revive(stream, counts) -- a topic that is gone begins anew, with its groups: each had the rest to come
  if redis.call('EXISTS', stream) == 1 then return end
  local found = fields_of(redis.call('HGETALL', kept(stream)))
  for group, done in pairs(found) do
    if group ~= '' then
      expired(counts, group, tonumber(found[''] or 0) - tonumber(done))
      redis.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
    end
    redis.call('HSET', kept(stream), group, 0)
  end
end
"""
)
BEGIN = (
    REVIVE
    + """
-- KEYS: topic. ARGV: group, id behind which it begins the first time, milliseconds after which entries are taken out
-- (0: never), beginning of the names of counters.
local stream, group, start = KEYS[1], ARGV[1], ARGV[2]
revive(stream, ARGV[4])
local known = redis.call('HEXISTS', kept(stream), group) == 1
local made = redis.pcall('XGROUP', 'CREATE', stream, group, known and '0' or start, 'MKSTREAM')
if made.err and not made.err:find('BUSYGROUP') then return made end
if ARGV[3] ~= '0' and not known then
  local all = added(stream)
  for _, told in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local one = fields_of(told)
    if one.name == group then
      local left = one.pending + (one.lag or behind(stream, one['last-delivered-id']))
      redis.call('HSET', kept(stream), group, all - left, '', all)
    end
  end
end
"""
)
DROP = (
    KEPT
    + """
-- KEYS: topic.
redis.call('DEL', KEYS[1])
for _, name in ipairs(redis.call('HKEYS', kept(KEYS[1]))) do redis.call('HSET', kept(KEYS[1]), name, 0) end
"""
)
