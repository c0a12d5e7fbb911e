-- ARGV: ids. The rows of those that are stored, in no particular order.
local records, rows, wanted, found = values(key('tasks'), ARGV), {}, {}, {}
for i = 1, #ARGV do
  if records[i] then
    wanted[#wanted + 1] = ARGV[i]
    found[ARGV[i]] = records[i]
  end
end
for _, home in ipairs({ 'active', 'waiting', 'ended' }) do
  local forms, missing = values(key(home), wanted), {}
  for i = 1, #wanted do
    if forms[i] then
      rows[#rows + 1] = rowOf(wanted[i], found[wanted[i]], forms[i])
    else
      missing[#missing + 1] = wanted[i]
    end
  end
  wanted = missing
end
return '[' .. table.concat(rows, ',') .. ']'
