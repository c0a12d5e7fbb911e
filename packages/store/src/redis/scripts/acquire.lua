-- ARGV: owner, at, leaseMs, epochAbove, how many epochs are kept.
local owner, at, leaseMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local s = redis.call('HMGET', meta, 'owner', 'leaseUntil', 'epoch', 'sequence', 'sealed', 'staged')
if s[1] and s[1] ~= owner and tonumber(s[2]) > at then return { 'owned' } end
if s[5] then return { 'sealed' } end

passEvenWhenFull()
local epoch = whole(math.max(tonumber(s[3] or 0) + 1, at, tonumber(ARGV[4]) + 1))
local sequence = s[4] or '0'
for part = 1, tonumber(s[6] or 0) do redis.call('UNLINK', key('staged:' .. part)) end
redis.call('HSET', meta, 'owner', owner, 'leaseUntil', whole(at + leaseMs), 'epoch', epoch, 'sequence', sequence, 'staged', '0')
redis.call('RPUSH', key('epochs'), epoch .. ' ' .. sequence .. ' ' .. owner)
redis.call('LTRIM', key('epochs'), -tonumber(ARGV[5]), -1)
return { 'acquired', epoch, sequence }
