-- ARGV: owner, epoch, sequence, order and token of the counters, the batch.
local s = redis.call('HMGET', meta, 'owner', 'epoch', 'sequence', 'sealed')
local refusal = deposed(ARGV[1], ARGV[2], s[1], s[2])
if refusal then return refusal end
if s[4] then return { 'sealed' } end
if tonumber(s[3]) ~= tonumber(ARGV[3]) - 1 then
  -- Whoever asks again whether it was written wants to know whether it is durable. WAIT and WAITAOF wait for what their
  -- connection has written.
  if s[3] == ARGV[3] then redis.call('HSET', meta, 'asked', ARGV[3]) end
  return { 'out-of-sequence', s[3] }
end
local batch = open(ARGV, 6)
local defect = look(batch)
if defect then return { 'invalid', defect } end
redis.call('HSET', meta, 'sequence', ARGV[3], 'orders', ARGV[4], 'tokens', ARGV[5])
apply(batch)
return { 'committed' }
