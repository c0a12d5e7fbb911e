-- Which tasks of a home are in certain states. ARGV: active, waiting or ended, the cursor, about how many, the digits of
-- the states. The cursor to go on with, and [id, number] of each as JSON.
local scanned = redis.call('HSCAN', key(ARGV[1]), ARGV[2], 'COUNT', ARGV[3])
local entries, ids, rows = scanned[2], {}, {}
for i = 1, #entries, 2 do
  local form = entries[i + 1]
  local digit = string.find(form, '\n', 1, true) + 2
  if string.find(ARGV[4], string.sub(form, digit, digit), 1, true) then ids[#ids + 1] = entries[i] end
end
local records = values(key('tasks'), ids)
for i = 1, #ids do
  rows[i] = '[' .. cjson.encode(ids[i]) .. ',' .. string.match(records[i], '^%d+') .. ']'
end
return { scanned[1], '[' .. table.concat(rows, ',') .. ']' }
