// Messages that nobody can read, for every queue there is.
import type { Chance } from "../../support/crash/load.ts";
import { below } from "../../support/crash/load.ts";
import { eventually } from "../../support/eventually.ts";
import type { ChaosWorld } from "../world.ts";

const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;

const rubbish: readonly string[] = [
  "",
  "not JSON",
  "null",
  "[]",
  "{}",
  '{"v":1}',
  '{"v":2,"replyTo":null,"items":[]}',
  '{"v":1,"replyTo":null,"items":[{"type":"submit"},{"type":"report","id":"x"},null,7]}',
  '{"v":1,"replyTo":"no/such/queue","items":[{"type":"explain","id":"i-1","task":"t-unknown"}]}',
  '{"v":1,"replies":"none","orders":{},"notices":0}',
  '{"v":1,"space":"default","target":"web-1","task":"t-1","leg":"t-1.1","token":"0"}',
  `{"v":1,"replyTo":null,"items":[${deep}]}`,
  "\u0000\ufffd\u0000",
];

/** Resolves when each queue has been given some of it. A RabbitMQ that another fault has just killed is waited for. */
export async function sendGarbage(world: ChaosWorld, chance: Chance): Promise<void> {
  await eventually("RabbitMQ takes garbage", () =>
    sendOnce(world, chance).then(
      () => true,
      () => false,
    ),
  );
}

async function sendOnce(world: ChaosWorld, chance: Chance): Promise<void> {
  const queues = await queuesOf(world);
  await Promise.all(
    queues.flatMap((queue) =>
      [0, 1, 2].map(() => {
        const text = rubbish[below(chance, rubbish.length)] ?? "";
        const body = Buffer.from(text, chance() < 0.1 ? "utf16le" : "utf8");
        return world.broker.publish({ queue, body, persistent: chance() < 0.5 });
      }),
    ),
  );
}

/** Inbox, refused, targets, sessions, answers. Nobody ever reads what is sent to the queue of those who are present. */
export async function queuesOf(world: ChaosWorld): Promise<string[]> {
  const printed = await world.servers.rabbitmq.ctl("list_queues", "name", "--no-table-headers");
  return printed.split("\n").filter((name) => name.startsWith("berth/") && !name.includes("/attendance/"));
}
