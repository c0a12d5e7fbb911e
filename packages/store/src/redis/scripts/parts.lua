-- What the scripts of a commit in parts have in common.
local function refusalOfParts(owner, epoch, sequence, parts)
  local s = redis.call('HMGET', meta, 'owner', 'epoch', 'sequence', 'sealed', 'staged')
  local refusal = deposed(owner, epoch, s[1], s[2])
  if refusal then return refusal end
  if s[4] then return { 'sealed' } end
  if tonumber(s[3]) ~= tonumber(sequence) - 1 then return { 'out-of-sequence', s[3] } end
  if s[5] ~= parts then return { 'parts-missing', s[5] } end
end

local function overlayWith(b)
  for _, name in ipairs({ 'active', 'waiting', 'ended' }) do
    if b[name] <= b[name .. 'End'] then call('HSET', overlay, b.args, b[name], b[name .. 'End']) end
  end
  for _, form in ipairs(b.forms) do redis.call('HSET', overlay, form[1], form[2]) end
  for i = b.newLegs, b.newLegsEnd, 3 do
    redis.call('HSET', overlay, b.args[i] .. '\n' .. b.args[i + 1], '1')
  end
end
