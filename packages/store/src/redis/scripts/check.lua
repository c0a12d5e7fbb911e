-- Checks one of the parts that a commit wants to take up, before any of them is written. What the parts before it would
-- write is in the overlay meanwhile.
-- ARGV: owner, epoch, sequence, how many parts there must be, the part that is checked.
local refusal = refusalOfParts(ARGV[1], ARGV[2], ARGV[3], ARGV[4])
if refusal then return refusal end
if ARGV[5] == '1' then redis.call('UNLINK', overlay) end
local batch = open(redis.call('LRANGE', key('staged:' .. ARGV[5]), 0, -1), 1)
batch.overlaid = true
local defect = look(batch)
if defect then return { 'invalid', defect } end
overlayWith(batch)
return { 'checked' }
