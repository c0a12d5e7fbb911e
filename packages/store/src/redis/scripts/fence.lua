-- Whether a commit would be taken. ARGV: owner, epoch, sequence.
local s = redis.call('HMGET', meta, 'owner', 'epoch', 'sequence', 'sealed')
local refusal = deposed(ARGV[1], ARGV[2], s[1], s[2])
if refusal then return refusal end
if s[4] then return { 'sealed' } end
if tonumber(s[3]) ~= tonumber(ARGV[3]) - 1 then return { 'out-of-sequence', s[3] } end
return { 'next' }
