return { redis.call('HGET', meta, 'sequence') or '0', redis.call('LRANGE', key('epochs'), 0, -1) }
