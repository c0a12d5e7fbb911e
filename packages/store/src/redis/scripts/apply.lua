-- Writes a batch that `look` has found valid.

-- So many tasks make a block of the order of submit. A block is as long as the commits that filled it.
local blockTasks = 512

local function numberOf(record)
  return string.match(record, '^%d+')
end

local function dropEmptyBlock(block)
  if tonumber(redis.call('HGET', key('left'), block)) > 0 then return end
  redis.call('UNLINK', key('ids:' .. block), key('signs:' .. block))
  redis.call('ZREM', key('blocks'), block)
  redis.call('HDEL', key('left'), block)
end

-- Tasks are numbered in the order of their submit. A task that is stored already keeps its number, and the one that it would
-- have got stands in its block for nothing: whoever reads a block compares.
local function addTasks(b)
  local args, known, added = b.args, b.known, 0
  local s = redis.call('HMGET', meta, 'number', 'block', 'blockEnd')
  local number, block = tonumber(s[1] or 0), s[2]
  if not block or number >= tonumber(s[3]) then
    if block then dropEmptyBlock(block) end
    block = whole(number + 1)
    redis.call('ZADD', key('blocks'), block, block)
    redis.call('HSET', meta, 'block', block, 'blockEnd', whole(number + blockTasks))
  end
  for i = b.records, b.recordsEnd, 2 do
    number = number + 1
    local before = known[args[i]]
    if before then
      args[i + 1] = numberOf(before) .. ',\n' .. args[i + 1]
    else
      args[i + 1] = number .. ',\n' .. args[i + 1]
      added = added + 1
    end
  end
  call('HSET', tasks, args, b.records, b.recordsEnd)
  redis.call('APPEND', key('ids:' .. block), b.ids)
  redis.call('APPEND', key('signs:' .. block), b.signs)
  redis.call('HINCRBY', key('left'), block, added)
  redis.call('HSET', meta, 'number', whole(number))
end

-- A live task that is added again without its leg keeps the one that it has.
local function keepLegs(b, from, to)
  for i = from, to, 2 do
    local old = b.old[b.args[i]]
    if old then
      local target, status, leg = split(b.args[i + 1])
      local oldTarget, _, oldLeg = split(old)
      if leg == 'null' and target == oldTarget then
        b.args[i + 1] = target .. ',\n' .. status .. ',\n' .. oldLeg
      end
    end
  end
end

local function writeForms(b)
  local args, homes, digits, gone, counts, digit = b.args, b.homes, b.digits, {}, {}, 0
  for number in string.gmatch(b.to, '%d+') do
    counts[digit] = tonumber(number)
    digit = digit + 1
  end
  -- What changed is gone from where it was, unless it stays there.
  local function move(id, left, from, to)
    left = left - firstDigit
    counts[left] = counts[left] - 1
    if from ~= to then
      local ids = gone[from]
      if ids then ids[#ids + 1] = id else gone[from] = { id } end
    end
  end
  local function write(name, from, to, new, place)
    if from > to then return end
    local changed = from + 2 * new
    if b.known and next(b.known) then keepLegs(b, from, changed - 1) end
    call('HSET', name, args, from, to)
    if b.known and next(b.known) then
      for i = from, changed - 1, 2 do
        local id = args[i]
        if b.old[id] then move(id, digitOf(b.old[id]), b.home[id], name) end
      end
    end
    for i = changed, to, 2 do
      place = place + 1
      move(args[i], digits[place], homes[place] or active, name)
    end
  end
  write(active, b.active, b.activeEnd, b.newActive, 0)
  write(waiting, b.waiting, b.waitingEnd, b.newWaiting, b.waitingPlace)
  write(ended, b.ended, b.endedEnd, b.newEnded, b.endedPlace)
  for i, form in ipairs(b.forms) do
    local now = digitOf(form[2])
    local to = homeOf(now)
    redis.call('HSET', to, form[1], form[2])
    counts[now - firstDigit] = counts[now - firstDigit] + 1
    move(form[1], digits[b.partsPlace + i], homes[b.partsPlace + i] or active, to)
  end
  for name, ids in pairs(gone) do call('HDEL', name, ids, 1, #ids) end
  for state, change in pairs(counts) do
    if change ~= 0 then redis.call('HINCRBY', key('counts'), state, change) end
  end
end

-- A target without a leg stands there too: whether a task names a target must be known without its record.
local function writeLegs(b)
  for i = b.newLegs, b.newLegsEnd, 3 do
    local leg = b.args[i + 2]
    redis.call(leg == '' and 'HSETNX' or 'HSET', key('legs:' .. b.args[i]), b.args[i + 1], leg)
  end
  for _, leg in ipairs(b.legs) do redis.call('HSET', key('legs:' .. leg[1]), leg[2], leg[3]) end
end

local function writeEnds(b)
  if b.ends <= b.endsEnd then call('ZADD', key('ends'), b.args, b.ends, b.endsEnd) end
  if b.unsuccessful > b.unsuccessfulEnd then return end
  local ids, entries = {}, {}
  for i = b.unsuccessful, b.unsuccessfulEnd do ids[#ids + 1] = b.args[i] end
  local records = values(tasks, ids)
  for i = 1, #ids do
    entries[2 * i - 1], entries[2 * i] = numberOf(records[i]), ids[i]
  end
  call('ZADD', key('unsuccessful'), entries, 1, #entries)
end

-- An OOPS: id, time, its task, target and fingerprint ('' or '=' and the value), text.
local function writeOops(b)
  for i = b.oops, b.oopsEnd, 6 do
    local id, at, text = b.args[i], b.args[i + 1], b.args[i + 5]
    if redis.call('HEXISTS', key('oopsIds'), id) == 0 then
      local number = string.format('%016.0f', redis.call('HINCRBY', meta, 'oops', 1))
      redis.call('HSET', key('oopsIds'), id, number)
      redis.call('HSET', key('oops'), number, text)
      redis.call('ZADD', key('oops:at'), at, number)
      for offset, name in ipairs({ 'task', 'target', 'fingerprint' }) do
        local value = b.args[i + 1 + offset]
        if value ~= '' then redis.call('ZADD', key('oops:' .. name .. value), at, number) end
      end
    end
  end
end

-- The small sets. Those that are listed in the order in which they came have their place before the text.
local function placed(name, args, from, to)
  for i = from, to, 2 do
    local before = redis.call('HGET', name, args[i])
    local place = before and numberOf(before) or whole(redis.call('HINCRBY', meta, 'places', 1))
    args[i + 1] = place .. '\n' .. args[i + 1]
  end
end

local function writeItems(b)
  local args, position = b.args, b.rest
  for _ = 1, b.itemKinds do
    local name, ordered = key(args[position]), args[position + 1] == '1'
    local sets, removals = tonumber(args[position + 2]), tonumber(args[position + 3])
    local from = position + 4
    local to = from + 2 * sets - 1
    if sets > 0 then
      if ordered then placed(name, args, from, to) end
      call('HSET', name, args, from, to)
    end
    if removals > 0 then call('HDEL', name, args, to + 1, to + removals) end
    position = to + removals + 1
  end
  return position
end

-- Whether a line is new. Of each attempt of a leg the hash has the number up to which all lines are there, and those
-- beyond it: lines come in another order, and more than once.
local function isNewLine(seen, known, mark, number)
  local upTo = known[mark] or tonumber(redis.call('HGET', seen, mark) or 0)
  known[mark] = upTo
  if number <= upTo then return false end
  if number > upTo + 1 then
    if redis.call('HSETNX', seen, number .. mark, 1) == 0 then return false end
    known.gaps = known.gaps + 1
    return true
  end
  upTo = number
  while known.gaps > 0 and redis.call('HDEL', seen, whole(upTo + 1) .. mark) == 1 do
    upTo = upTo + 1
    known.gaps = known.gaps - 1
  end
  known[mark] = upTo
  return true
end

local function writeLog(task, args, from, to)
  if redis.call('HEXISTS', tasks, task) == 0 then return end
  local seen, lines = key('seen:' .. task), {}
  local known = { gaps = tonumber(redis.call('HGET', seen, 'gaps') or 0) }
  for i = from, to, 3 do
    if isNewLine(seen, known, args[i], tonumber(args[i + 1])) then lines[#lines + 1] = args[i + 2] end
  end
  if #lines == 0 then return end
  call('RPUSH', key('log:' .. task), lines, 1, #lines)
  for mark, upTo in pairs(known) do redis.call('HSET', seen, mark, whole(upTo)) end
end

local function writeLogs(b, position)
  local args = b.args
  for _ = 1, b.logs do
    local to = position + 1 + 3 * tonumber(args[position + 1])
    writeLog(args[position], args, position + 2, to)
    position = to + 1
  end
end

local function apply(b)
  if b.new > 0 then addTasks(b) end
  writeForms(b)
  writeLegs(b)
  if b.newPayloads <= b.morePayloadsEnd then
    call('HSET', key('payloads'), b.args, b.newPayloads, b.morePayloadsEnd)
  end
  writeEnds(b)
  writeOops(b)
  writeLogs(b, writeItems(b))
end
