"""What runs inside Redis (7 or later). Numbers come from the server's clock in microseconds, so that none comes twice,
not even after one was evicted, or lost in a failover."""

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function keep(key, number, seconds)
    local text = string.format('%.0f', number)
    if seconds == '0' then redis.call('SET', key, text) else redis.call('SET', key, text, 'EX', seconds) end
    return text
end
local function raised(key, seconds)
    return keep(key, math.max(tonumber(redis.call('GET', key) or '0') + 1, now), seconds)
end
"""
# KEYS: generations of one slot; ARGV: seconds that one is kept, 0 for ever. Each begins with the present.
ENSURE = (
    _NOW
    + """
local found = {}
for place, key in ipairs(KEYS) do
    found[place] = redis.call('GET', key) or keep(key, now, ARGV[1])
end
return found
"""
)
RAISE = (
    _NOW
    + """
local found = {}
for place, key in ipairs(KEYS) do found[place] = raised(key, ARGV[1]) end
return found
"""
)
# KEYS: a generation and who raised it last; ARGV: who asks, seconds for which that is remembered.
RAISE_ONCE = (
    _NOW
    + """
local found = redis.call('GET', KEYS[1])
if found and redis.call('GET', KEYS[2]) == ARGV[1] then return found end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
return raised(KEYS[1], '0')
"""
)
# KEYS: a lease; ARGV: the token of who gives it back.
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('UNLINK', KEYS[1]) end return 0"
