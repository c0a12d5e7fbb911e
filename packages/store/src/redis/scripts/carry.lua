-- Carries out one part of what is sealed. Whoever finds a sealed space may do it, since it is decided.
local s = redis.call('HMGET', meta, 'sealed', 'carried')
if not s[1] then return { 'done' } end
passEvenWhenFull()
local part = tonumber(s[2]) + 1
local staged = key('staged:' .. part)
local batch = open(redis.call('LRANGE', staged, 0, -1), 1)
local defect = look(batch)
if defect then return redis.error_reply('ERR a sealed part is invalid: ' .. defect) end
apply(batch)
redis.call('UNLINK', staged)
if part < tonumber(s[1]) then
  redis.call('HSET', meta, 'carried', whole(part))
  return { 'more' }
end
redis.call('HDEL', meta, 'sealed', 'carried')
redis.call('HSET', meta, 'staged', '0')
return { 'done' }
