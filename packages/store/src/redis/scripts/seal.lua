-- Decides that the parts count: from here on nobody can load the space before all of them are carried out.
-- ARGV: owner, epoch, sequence, order and token of the counters, how many parts there must be, how many epochs come
-- before the present one, those epochs, how many are kept, the batch of the commit itself.
local refusal = refusalOfParts(ARGV[1], ARGV[2], ARGV[3], ARGV[6])
if refusal then return refusal end
local epochs = tonumber(ARGV[7])
local rest = 8 + epochs
local batch = open(ARGV, rest + 1)
batch.overlaid = true
local defect = look(batch)
if defect then return { 'invalid', defect } end

local own = tonumber(ARGV[6]) + 1
redis.call('HSET', meta, 'sequence', ARGV[3], 'orders', ARGV[4], 'tokens', ARGV[5], 'sealed', whole(own), 'carried', '0')
redis.call('HINCRBY', meta, 'seals', 1)
call('RPUSH', key('staged:' .. own), ARGV, rest + 1, #ARGV)
redis.call('UNLINK', overlay, key('target'), key('session'), key('hold'), key('quarantine'), key('semaphore'), key('schedule'), key('duration'))
local present = redis.call('LINDEX', key('epochs'), -1)
if epochs > 0 then
  redis.call('DEL', key('epochs'))
  call('RPUSH', key('epochs'), ARGV, 8, 7 + epochs)
  redis.call('RPUSH', key('epochs'), present)
else
  redis.call('DEL', key('epochs'))
  redis.call('RPUSH', key('epochs'), present)
end
redis.call('LTRIM', key('epochs'), -tonumber(ARGV[rest]), -1)
return { 'committed' }
