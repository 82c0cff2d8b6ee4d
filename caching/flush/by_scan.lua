-- One slice of a flush: one SCAN, and an UNLINK for each key that it found and that is not the library's own.
-- ARGV: cursor, pattern, COUNT, how many keys at most, and the beginnings of keys that are kept.
-- Answers the next cursor, 1 where it stopped early (then the cursor is the same one), keys unlinked, keys that another node has, what else was
-- refused, and microseconds. Written for Redis 5 to 8: TIME stands still inside a script from 7.2 on, there is no other
-- clock, and so one SCAN is all that a slice may do. Without declared keys and without a shebang, because the keys lie in
-- many slots of this node and because a node that is out of memory must still let them be unlinked.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

local function kept(key)
  for index = 5, #ARGV do
    if string.sub(key, 1, #ARGV[index]) == ARGV[index] then return true end
  end
  return false
end

local began, most = now(), tonumber(ARGV[4])
local found = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local unlinked, elsewhere, refused, cursor, early = 0, 0, '', found[1], 0
for _, key in ipairs(found[2]) do
  if unlinked >= most then
    cursor, early = ARGV[1], 1
    break
  end
  if not kept(key) then
    local answer = redis.pcall('UNLINK', key)
    if type(answer) == 'number' then
      unlinked = unlinked + answer
    elseif string.find(answer.err, 'non local key') or string.find(answer.err, 'READONLY') then
      elsewhere = elsewhere + 1
    else
      refused = answer.err
    end
  end
end
return {cursor, early, unlinked, elsewhere, refused, now() - began}
