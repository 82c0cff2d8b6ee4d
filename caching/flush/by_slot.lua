-- One slice of a flush that walks slot by slot: all keys of a slot that are wanted go in one UNLINK, which
-- is many times cheaper, here and on replicas, than one UNLINK for each.
-- ARGV: how many keys to look at, how many to unlink at most, how many slots, the slots, and what
-- is wanted: ^ and the beginning of keys, = and a whole key.
-- Answers how many of the slots are done with, which of them hold too much else to be looked through here, keys looked
-- at, keys unlinked, keys that another node has, what else was refused, and microseconds (0 where TIME stands still).
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

local sub, words = string.sub, {}
for index = 4 + ARGV[3], #ARGV do
  local word = sub(ARGV[index], 2)
  words[#words + 1] = {word, #word, sub(ARGV[index], 1, 1) == '^'}
end

local function wanted(key)
  for _, word in ipairs(words) do
    if sub(key, 1, word[2]) == word[1] and (word[3] or #key == word[2]) then return true end
  end
  return false
end

local began, count, most, slots = now(), tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local looked, unlinked, elsewhere, refused, done, crowded = 0, 0, 0, '', 0, {}

local function unlink(...)
  local answer = redis.pcall('UNLINK', ...)
  if type(answer) == 'number' then
    unlinked = unlinked + answer
    return true
  end
  if select('#', ...) > 1 then return false end
  if string.find(answer.err, 'non local key') or string.find(answer.err, 'READONLY') then
    elsewhere = elsewhere + 1
  else
    refused = answer.err
  end
  return true
end

for index = 4, 3 + slots do
  if looked >= count or unlinked >= most then break end
  local slot = ARGV[index]
  local found = redis.call('CLUSTER', 'GETKEYSINSLOT', slot, count)
  local gone, before = {}, unlinked
  for _, key in ipairs(found) do
    if #gone + unlinked < most and wanted(key) then gone[#gone + 1] = key end
  end
  looked = looked + #found + 1
  for first = 1, #gone, 500 do
    local last = math.min(first + 499, #gone)
    if not unlink(unpack(gone, first, last)) then
      for each = first, last do unlink(gone[each]) end
    end
  end
  -- All keys of the slot were seen, or else it is looked at again: at what lay behind those that are gone now.
  if #found < count then
    done = done + 1
  elseif unlinked == before then
    crowded[#crowded + 1] = slot
    done = done + 1
  else
    break
  end
end
return {done, crowded, looked, unlinked, elsewhere, refused, now() - began}
