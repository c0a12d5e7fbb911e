-- What every script knows of a space. KEYS[1] is its hash tag; all its keys begin with it, so they are in one slot.
local function key(name)
  return KEYS[1] .. ':' .. name
end

local meta = key('meta')

-- How many arguments a call takes is limited by the stack of Lua (8,000). Even, so that no pair is torn apart.
local piece = 4000

-- Gives list[from] to list[to] to a command, however many they are.
local function call(command, name, list, from, to)
  for first = from, to, piece do
    redis.call(command, name, unpack(list, first, math.min(first + piece - 1, to)))
  end
end

-- The values of so many fields of a hash, in their order; false where there is none.
local function values(name, fields)
  local count = #fields
  if count == 0 then return {} end
  if count <= piece then return redis.call('HMGET', name, unpack(fields)) end
  local found = {}
  for first = 1, count, piece do
    local some = redis.call('HMGET', name, unpack(fields, first, math.min(first + piece - 1, count)))
    for i = 1, #some do found[first + i - 1] = some[i] end
  end
  return found
end

-- A Redis that is full refuses what may need room only where it is the first thing that a script writes. What must go
-- on all the same (leases, and deleting) writes this first, which changes nothing.
local function passEvenWhenFull()
  redis.call('HDEL', meta, '-')
end

-- Whole numbers beyond 14 digits would be written as 1.7e+15.
local function whole(number)
  return string.format('%.0f', number)
end

-- The answer to who does not own the space in this epoch, else nil.
local function deposed(owner, epoch, ownerNow, epochNow)
  if ownerNow ~= owner or epochNow ~= epoch then return { 'deposed', epochNow or '0' } end
end
