-- Looks at a batch before anything of it is written. The answer is what makes it invalid, or nil.

local function hasLeg(b, id, target)
  if redis.call('HEXISTS', key('legs:' .. id), target) == 1 then return true end
  return b.overlaid and redis.call('HEXISTS', overlay, id .. '\n' .. target) == 1
end

local function strange(id, target)
  return 'there is a leg on "' .. target .. '", which task "' .. id .. '" does not name'
end

-- One leg of a task with several targets.
local function takeLeg(b, id, target, leg)
  if not hasLeg(b, id, target) then return strange(id, target) end
  b.legs[#b.legs + 1] = { id, target, leg }
end

local function lookAtNew(b)
  local ids, args, known = {}, b.args, {}
  for i = b.records, b.recordsEnd, 2 do ids[#ids + 1] = args[i] end
  local stored, again = values(tasks, ids), {}
  for i = 1, #ids do
    if stored[i] then
      known[ids[i]] = stored[i]
      again[#again + 1] = ids[i]
    end
  end
  b.known = known
  if b.overlaid then again = ids end
  local forms, homes = findForms(b, again)
  for i, id in ipairs(again) do
    if forms[i] then
      if digitOf(forms[i]) >= firstEnd then return 'task "' .. id .. '" is added, and has ended before' end
      b.old[id], b.home[id] = forms[i], homes[i] or active
    end
  end
end

-- Forms that say all: each takes the place of the one before, unless its task has several targets.
local function lookAtWhole(b, from, to, place)
  local args, olds, digits = b.args, b.olds, b.digits
  for i = from, to, 2 do
    local id, form = args[i], args[i + 1]
    place = place + 1
    local before = olds[place]
    if not before then return 'task "' .. id .. '" changes, and is not stored' end
    local cut, digit = find(form, '\n', 1, true), nil
    if sub(before, 1, cut) == sub(form, 1, cut) then
      digit = byte(before, cut + 2)
    else
      local target, status, leg = split(form)
      target = cjson.decode('[' .. target .. ']')[1]
      if byte(before) ~= firstDigit then return strange(id, target) end
      local defect = takeLeg(b, id, target, leg)
      if defect then return defect end
      args[i + 1] = '0,\n' .. status .. ',\nnull'
      digit = digitOf(before)
    end
    if digit >= firstEnd then return 'task "' .. id .. '" changes, and has ended before' end
    digits[place] = digit
  end
end

-- Forms that say only the status, or only the leg.
local function lookAtParts(b, place)
  for i = b.parts, b.partsEnd, 2 do
    local id = b.args[i]
    local target, status, leg = split(b.args[i + 1])
    place = place + 1
    local old = b.olds[place]
    if not old then
      if status ~= 'null' then return 'task "' .. id .. '" changes, and is not stored' end
      return 'there is a leg of task "' .. id .. '", which is not stored'
    end
    if status ~= 'null' and digitOf(old) >= firstEnd then
      return 'task "' .. id .. '" changes, and has ended before'
    end
    local oldTarget, oldStatus, oldLeg = split(old)
    if leg ~= 'null' and target ~= oldTarget then
      local named = cjson.decode('[' .. target .. ']')[1]
      if oldTarget ~= '0' then return strange(id, named) end
      local defect = takeLeg(b, id, named, leg)
      if defect then return defect end
      leg = 'null'
    end
    if status == 'null' then status = oldStatus end
    if leg == 'null' then leg = oldLeg end
    b.digits[place] = digitOf(old)
    b.forms[#b.forms + 1] = { id, oldTarget .. ',\n' .. status .. ',\n' .. leg }
  end
end

local function lookAtMoreLegs(b, byId)
  for i = b.moreLegs, b.moreLegsEnd, 3 do
    local id, target = b.args[i], b.args[i + 1]
    local old = byId[id]
    if not old then return 'there is a leg of task "' .. id .. '", which is not stored' end
    if byte(old) ~= firstDigit then return strange(id, target) end
    local defect = takeLeg(b, id, target, b.args[i + 2])
    if defect then return defect end
  end
end

local function lookAtPayloads(b)
  for i = b.morePayloads, b.morePayloadsEnd, 2 do
    local id = b.args[i]
    local isThere = redis.call('HEXISTS', tasks, id) == 1
      or (b.overlaid and redis.call('HEXISTS', overlay, id) == 1)
    if not isThere then return 'there is a payload of task "' .. id .. '", which is not stored' end
  end
end

-- What is found of the tasks that change is in b.olds, b.homes (nil: active) and b.digits, by their places: those of the forms
-- that go to active, waiting and ended, one behind the other, and then those that say only a part.
local function look(b)
  local defect = b.new > 0 and lookAtNew(b)
  if defect then return defect end
  local ids, args = {}, b.args
  local function gather(from, to)
    for i = from, to, 2 do ids[#ids + 1] = args[i] end
    return #ids
  end
  local changedActive = b.active + 2 * b.newActive
  local changedWaiting = b.waiting + 2 * b.newWaiting
  local changedEnded = b.ended + 2 * b.newEnded
  b.waitingPlace = gather(changedActive, b.activeEnd)
  b.endedPlace = gather(changedWaiting, b.waitingEnd)
  b.partsPlace = gather(changedEnded, b.endedEnd)
  gather(b.parts, b.partsEnd)
  b.olds, b.homes = findForms(b, ids)
  b.digits = {}
  defect = lookAtWhole(b, changedActive, b.activeEnd, 0)
    or lookAtWhole(b, changedWaiting, b.waitingEnd, b.waitingPlace)
    or lookAtWhole(b, changedEnded, b.endedEnd, b.endedPlace)
    or lookAtParts(b, b.partsPlace)
  if defect then return defect end
  if b.moreLegs <= b.moreLegsEnd then
    local byId = {}
    for i = 1, #ids do byId[ids[i]] = b.olds[i] end
    defect = lookAtMoreLegs(b, byId)
  end
  return defect or lookAtPayloads(b)
end
