local s = redis.call('HMGET', meta, 'sequence', 'leaseUntil')
return { s[1] or '0', s[2] or '0', redis.call('LRANGE', key('epochs'), 0, -1) }
