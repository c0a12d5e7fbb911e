// Opens servers as a test would, tells of them on one line, and waits to be killed.
import { openRabbitmq, openRedis } from "../support/servers/open.ts";

const [rabbitmq, redis] = await Promise.all([openRabbitmq(), openRedis()]);
const [, folder] = (await redis.cli("config", "get", "dir")).split("\n");
console.log(JSON.stringify({ rabbitmqPort: rabbitmq.port, redisPort: redis.port, folder }));
setInterval(() => undefined, 60_000);
