// A process with a tentacle and all it needs, for tests that kill it. Its workspace is its argument. Prints what its scripts
// say, line by line, as JSON.
import { createMemoryBroker } from "@berth/broker/memory";
import { createTentacle } from "@berth/tentacle";
import { pino } from "pino";
import { ScriptedDispatcher } from "../../support/scripted-dispatcher.ts";
import { tentacleDefaults } from "../../support/tentacle-defaults.ts";

const [workspace = "", ...scripts] = process.argv.slice(2);
const memory = createMemoryBroker();
const dispatcher = await ScriptedDispatcher.start(memory);
const broker = memory.connect();
await broker.start();
const tentacle = createTentacle({
  ...tentacleDefaults(workspace),
  broker,
  logger: pino({ level: "silent" }),
});
await tentacle.start();
process.stdout.write(`${JSON.stringify({ session: await dispatcher.session() })}\n`);
for (const text of scripts) {
  const delivery = await dispatcher.script(text);
  const said = await dispatcher.until(() => dispatcher.text(delivery)[0]);
  process.stdout.write(`${JSON.stringify({ said })}\n`);
}
