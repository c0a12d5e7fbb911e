-- Goes over live tasks. ARGV: active or waiting, the cursor, about how many, the digits of the states that are wanted,
-- and whether rows are wanted or, with 'numbers', only [id, number] of each.
local scanned = redis.call('HSCAN', key(ARGV[1]), ARGV[2], 'COUNT', ARGV[3])
local entries, ids, forms, rows = scanned[2], {}, {}, {}
for i = 1, #entries, 2 do
  local form = entries[i + 1]
  local digit = string.find(form, '\n', 1, true) + 2
  if string.find(ARGV[4], string.sub(form, digit, digit), 1, true) then
    ids[#ids + 1], forms[#forms + 1] = entries[i], form
  end
end
local records = values(key('tasks'), ids)
for i = 1, #ids do
  if ARGV[5] == 'numbers' then
    rows[i] = '[' .. cjson.encode(ids[i]) .. ',' .. string.match(records[i], '^%d+') .. ']'
  else
    rows[i] = rowOf(ids[i], records[i], forms[i])
  end
end
return { scanned[1], '[' .. table.concat(rows, ',') .. ']' }
