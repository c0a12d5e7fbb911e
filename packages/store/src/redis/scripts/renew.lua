-- ARGV: owner, epoch, at, leaseMs.
local s = redis.call('HMGET', meta, 'owner', 'epoch', 'leaseUntil', 'sequence')
if s[1] ~= ARGV[1] or s[2] ~= ARGV[2] then return { 'lost' } end
passEvenWhenFull()
redis.call('HSET', meta, 'leaseUntil', whole(math.max(tonumber(s[3]), tonumber(ARGV[3]) + tonumber(ARGV[4]))))
return { 'renewed', s[4] }
