// A RabbitMQ that waits for no acknowledgement as long as a task takes: it closes the channel and delivers again.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CredentialsScene } from "../support/credentials/scene.ts";
import { eventually } from "../support/eventually.ts";
import { whyNoPrivateRabbitmq } from "../support/servers/open.ts";
import { skipBecause } from "../support/skip.ts";

describe("a task that takes longer than the broker waits", skipBecause(await whyNoPrivateRabbitmq()), () => {
  let scene: CredentialsScene;

  beforeAll(async () => {
    scene = await CredentialsScene.open({ config: { consumer_timeout: 1_000 } });
    // How often it looks for deliveries that are held too long; a minute unless it is set.
    await scene.rabbitmq.ctl("eval", "application:set_env(rabbit, channel_tick_interval, 500).");
    await scene.tentacle(await scene.addTarget("web-1"));
  });
  afterAll(() => scene.close());

  test("goes on, runs once, and leaves nothing in its queue", async () => {
    const text = "echo begin; sleep 8; echo end";
    const { id } = await scene.client.enqueue({
      kind: "deploy",
      name: "x",
      target: "web-1",
      script: { text },
    });
    expect((await scene.client.waitFor(id)).state).toBe("succeeded");
    const { lines } = await scene.client.log(id);
    expect(lines.filter(({ stream }) => stream === "stdout").map((line) => line.text)).toEqual([
      "begin",
      "end",
    ]);
    const [leg] = (await scene.store.task("default", id))?.legs ?? [];
    expect(leg).toMatchObject({ attempt: 1, failures: 0 });
    // From 3.12 on, a queue of Berth has a patience of its own.
    if (scene.rabbitmq.version.startsWith("3.10."))
      expect(scene.log.filter((line) => line.includes("RabbitMQ closed the channel")).length).toBeGreaterThan(
        2,
      );
    const queue = scene.names.target("default", "web-1");
    await eventually("nothing is left of it", async () => {
      const [ready, unacked] = (
        await scene.rabbitmq.ctl("list_queues", "name", "messages_ready", "messages_unacknowledged")
      )
        .split("\n")
        .map((line) => line.split("\t"))
        .flatMap(([name, ...figures]) => (name === queue ? figures.map(Number) : []));
      return ready === 0 && unacked === 0;
    });
    expect((await scene.store.oops("default", { cursor: null, limit: 10 })).items).toEqual([]);
  });
});
