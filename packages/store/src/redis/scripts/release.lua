-- ARGV: owner, epoch. The epoch stays: no later one may be as small.
local s = redis.call('HMGET', meta, 'owner', 'epoch')
if s[1] == ARGV[1] and s[2] == ARGV[2] then redis.call('HDEL', meta, 'owner', 'leaseUntil') end
return { 'released' }
