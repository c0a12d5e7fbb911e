-- Deletes OOPS. ARGV, five for each: number, id, task, target, fingerprint ('' or '=' and the value).
local deleted = 0
for i = 1, #ARGV, 5 do
  local number = ARGV[i]
  if redis.call('HDEL', key('oops'), number) == 1 then
    deleted = deleted + 1
    redis.call('HDEL', key('oopsIds'), ARGV[i + 1])
    redis.call('ZREM', key('oops:at'), number)
    for offset, name in ipairs({ 'task', 'target', 'fingerprint' }) do
      local value = ARGV[i + 1 + offset]
      if value ~= '' then redis.call('ZREM', key('oops:' .. name .. value), number) end
    end
  end
end
return deleted
