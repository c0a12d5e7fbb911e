-- Tasks as one JSON text for many, which is read at once: [id, number, record, target, status, leg(, legs)] each.
local function legsOf(id)
  local entries, legs = redis.call('HGETALL', key('legs:' .. id)), {}
  for i = 1, #entries, 2 do
    if entries[i + 1] ~= '' then
      legs[#legs + 1] = '[' .. cjson.encode(entries[i]) .. ',' .. entries[i + 1] .. ']'
    end
  end
  return ',[' .. table.concat(legs, ',') .. ']'
end

local function rowOf(id, record, form)
  local several = string.byte(form) == 48 and legsOf(id) or ''
  return '[' .. cjson.encode(id) .. ',' .. record .. ',' .. form .. several .. ']'
end
