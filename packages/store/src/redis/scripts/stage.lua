-- ARGV: owner, epoch, part, the batch, which is only laid aside.
local s = redis.call('HMGET', meta, 'owner', 'epoch', 'sealed', 'staged')
local refusal = deposed(ARGV[1], ARGV[2], s[1], s[2])
if refusal then return refusal end
if s[3] then return { 'sealed' } end
local part, staged = tonumber(ARGV[3]), tonumber(s[4])
if part ~= 1 and part ~= staged + 1 then return { 'out-of-sequence', s[4] } end
redis.call('HSET', meta, 'staged', ARGV[3])
for before = part, staged do redis.call('UNLINK', key('staged:' .. before)) end
call('RPUSH', key('staged:' .. part), ARGV, 4, #ARGV)
return { 'staged' }
