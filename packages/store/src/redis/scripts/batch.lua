-- A batch of changes as the store sends it: see pack.ts, which has the other half of this agreement.
--
-- Of each live task a hash has one text, its form: the target, its status and its leg, each JSON, with ',\n' in between
-- (JSON has no line break in itself). What a form does not say is null. The target is 0 where there are several; their
-- legs are in a hash of their own. The status begins with the digit of the state, those of 5 and more are ends. Live tasks
-- are in two hashes, so that what is under way is found among any number of waiting ones; ended ones are in a third.
local tasks, active, waiting, ended = key('tasks'), key('active'), key('waiting'), key('ended')
local overlay = key('overlay')
local find, sub, byte = string.find, string.sub, string.byte
local firstDigit, firstEnd = byte('0'), byte('5')

local function homeOf(digit)
  if digit >= firstEnd then return ended end
  if digit == firstDigit then return waiting end
  return active
end

-- Where the parts of a form are: the ends of the first two.
local function cuts(form)
  local first = find(form, '\n', 1, true)
  return first, find(form, '\n', first + 1, true)
end

local function split(form)
  local first, second = cuts(form)
  return sub(form, 1, first - 2), sub(form, first + 1, second - 2), sub(form, second + 1)
end

local function digitOf(form)
  return byte(form, find(form, '\n', 1, true) + 2)
end

-- The sections of a batch that stands in `args` from `start` on.
local function open(args, start)
  local b = { args = args, old = {}, home = {}, legs = {}, forms = {} }
  local count, position = {}, start + 4
  for number in string.gmatch(args[start], '%d+') do count[#count + 1] = tonumber(number) end
  b.to, b.ids, b.signs = args[start + 1], args[start + 2], args[start + 3]
  b.newActive, b.newWaiting, b.newEnded = count[1], count[2], count[3]
  b.new = count[1] + count[2] + count[3]
  local function section(name, entries, width)
    b[name], b[name .. 'End'] = position, position + entries * width - 1
    position = position + entries * width
  end
  section('records', b.new, 2)
  section('active', count[1] + count[4], 2)
  section('waiting', count[2] + count[5], 2)
  section('ended', count[3] + count[6], 2)
  section('parts', count[7], 2)
  section('newLegs', count[8], 3)
  section('moreLegs', count[9], 3)
  section('newPayloads', count[10], 2)
  section('morePayloads', count[11], 2)
  section('unsuccessful', count[12], 1)
  section('ends', count[13], 2)
  section('oops', count[14], 6)
  b.itemKinds, b.logs, b.rest = count[15], count[16], position
  return b
end

-- Looks for the forms that are missing, in one hash after the other.
local function findElsewhere(ids, forms, names)
  local homes = {}
  for _, name in ipairs(names) do
    local wanted, places = {}, {}
    for i = 1, #ids do
      if not forms[i] then
        wanted[#wanted + 1], places[#places + 1] = ids[i], i
      end
    end
    if #wanted == 0 then break end
    local found = values(name, wanted)
    for i = 1, #wanted do
      if found[i] then forms[places[i]], homes[places[i]] = found[i], name end
    end
  end
  return homes
end

-- Finds the forms of tasks: the forms in the order of the ids, and the homes of those that are not active. While a
-- write-back is checked, what its earlier parts would have written counts too.
local function findForms(b, ids)
  if #ids == 0 then return {}, {} end
  if not b.overlaid then
    local forms = values(active, ids)
    local isWhole = true
    for i = 1, #ids do
      if not forms[i] then isWhole = false break end
    end
    if isWhole then return forms, {} end
    return forms, findElsewhere(ids, forms, { waiting, ended })
  end
  local forms = values(overlay, ids)
  local homes = findElsewhere(ids, forms, { active, waiting, ended })
  return forms, homes
end
