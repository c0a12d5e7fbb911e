-- Deletes ended tasks. ARGV: their group in the order of ends, what is left of it (score and member, or twice ''), how many
-- ended tasks there must be at least, the ids.
if tonumber(redis.call('HGET', meta, 'staged') or 0) > 0 then return 0 end
if redis.call('HLEN', key('ended')) < tonumber(ARGV[4]) then return 0 end
-- Who takes the group away is the one who deletes.
if redis.call('ZREM', key('ends'), ARGV[1]) == 0 then return 0 end
if ARGV[3] ~= '' then redis.call('ZADD', key('ends'), ARGV[2], ARGV[3]) end
local ids = {}
for i = 5, #ARGV do ids[#ids + 1] = ARGV[i] end
local records, forms = values(key('tasks'), ids), values(key('ended'), ids)
local counts, left, beside = {}, {}, {}
for i = 1, #ids do
  if records[i] and forms[i] then
    local form = forms[i]
    local digit = string.find(form, '\n', 1, true) + 2
    local state = string.sub(form, digit, digit)
    counts[state] = (counts[state] or 0) - 1
    local number = string.match(records[i], '^%d+')
    local block = redis.call('ZREVRANGEBYSCORE', key('blocks'), number, 0, 'LIMIT', 0, 1)[1]
    left[block] = (left[block] or 0) - 1
    for _, name in ipairs({ 'log:', 'seen:', 'legs:' }) do beside[#beside + 1] = key(name .. ids[i]) end
  end
end
for _, name in ipairs({ 'tasks', 'ended', 'payloads' }) do call('HDEL', key(name), ids, 1, #ids) end
call('ZREM', key('unsuccessful'), ids, 1, #ids)
for first = 1, #beside, piece do
  redis.call('UNLINK', unpack(beside, first, math.min(first + piece - 1, #beside)))
end
for state, change in pairs(counts) do redis.call('HINCRBY', key('counts'), state, change) end
local open = redis.call('HGET', meta, 'block')
for block, change in pairs(left) do
  if redis.call('HINCRBY', key('left'), block, change) <= 0 and block ~= open then
    redis.call('UNLINK', key('ids:' .. block), key('signs:' .. block))
    redis.call('ZREM', key('blocks'), block)
    redis.call('HDEL', key('left'), block)
  end
end
return #ids
