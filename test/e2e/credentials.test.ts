// What the credentials of a tentacle let it do on RabbitMQ, and what not: the broker refuses what it can see, and the dispatcher the rest.
import { randomUUID } from "node:crypto";
import type { InboxItem } from "@berth/protocol";
import { type ChannelModel, connect, type Options } from "amqplib";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { berth } from "../cli/berth.ts";
import { CredentialsScene, prefix, space, type TentacleEnvironment } from "../support/credentials/scene.ts";
import { eventually } from "../support/eventually.ts";
import { whyNoPrivateRabbitmq } from "../support/servers/open.ts";
import { skipBecause } from "../support/skip.ts";

describe("the credentials of a tentacle", skipBecause(await whyNoPrivateRabbitmq()), () => {
  let scene: CredentialsScene;
  let web: TentacleEnvironment;
  let evil: TentacleEnvironment;

  beforeAll(async () => {
    scene = await CredentialsScene.open();
    web = await scene.addTarget("web.1", "--tentacle", "web");
    await scene.addTarget("web-2", "--tentacle", "web");
    evil = await scene.addTarget("evil");
    await scene.tentacle({ ...web, BERTH_TARGETS: "web.1,web-2" });
  });
  afterAll(() => scene.close());

  const { names, user } = { names: () => scene.names, user: "berth.default.evil" };
  const webSession = async (): Promise<string> => {
    const sessions = await scene.store.sessions(space);
    return sessions.find(({ tentacle }) => tentacle === "web")?.id ?? "none";
  };

  test("are enough for a tentacle to serve all of its targets", async () => {
    const ids = await Promise.all(
      ["web.1", "web-2"].map((target) =>
        scene.client.enqueue({
          kind: "deploy",
          name: "shop",
          target,
          script: { text: "echo $BERTH_TARGET" },
        }),
      ),
    );
    for (const { id } of ids) expect((await scene.client.waitFor(id)).state).toBe("succeeded");
    expect(await scene.refusals()).toEqual([]);
  });

  test("are shown once: a second target leaves the password alone, and no log has it", async () => {
    const password = new URL(web.BERTH_AMQP_URL).password;
    expect(password).toMatch(/^[\w-]{32}$/);
    const again = await scene.addTarget("web-2", "--tentacle", "web");
    expect(again.BERTH_AMQP_URL).toBeUndefined();
    expect(scene.log.join("")).not.toContain(password);
    const other = await scene.addTarget("extra", "--tentacle", "extra");
    const renewed = await scene.addTarget("extra", "--tentacle", "extra", "--new-password");
    await expect(connect(other.BERTH_AMQP_URL)).rejects.toThrow("ACCESS_REFUSED");
    await (await connect(renewed.BERTH_AMQP_URL)).close();
  });

  describe("are refused by the broker", () => {
    const attempts: Readonly<Record<string, (model: ChannelModel) => Promise<unknown>>> = {
      "to consume another's target": async (model) =>
        (await open(model)).consume(names().target(space, "web.1"), () => {}),
      "to get a message of another's target": async (model) =>
        (await open(model)).get(names().target(space, "web.1")),
      "to purge another's target": async (model) =>
        (await open(model)).purgeQueue(names().target(space, "web.1")),
      "to consume another's session": async (model) =>
        (await open(model)).consume(names().session(space, await webSession()), () => {}),
      "to read the inbox": async (model) => (await open(model)).consume(names().inbox(space), () => {}),
      "to read what was refused": async (model) => (await open(model)).get(names().refused(space)),
      "to delete its own queue": async (model) =>
        (await open(model)).deleteQueue(names().target(space, "evil")),
      "to declare a queue": async (model) =>
        (await open(model)).assertQueue(`${prefix}/${space}/target/more`),
      "to declare a queue that nobody named": async (model) => (await open(model)).assertQueue(""),
      "to declare an exchange": async (model) => (await open(model)).assertExchange("mine", "fanout"),
      "to bind its queue to the inbox": async (model) =>
        (await open(model)).bindQueue(names().target(space, "evil"), names().inbox(space), "x"),
      "to publish a delivery": (model) => publish(model, "", names().target(space, "web.1")),
      "to publish an answer": async (model) => publish(model, "", names().session(space, await webSession())),
      "to publish to the inbox past its exchange": (model) => publish(model, "", names().inbox(space)),
      "to publish to another exchange": (model) =>
        publish(model, "amq.topic", names().target(space, "web.1")),
      "to publish in another's name": (model) => send(model, [], { userId: "berth.default.web" }),
      "to publish in the server's name": (model) => send(model, [], { userId: "guest" }),
    };

    test.each(Object.entries(attempts))("%s", async (_what, attempt) => {
      const model = await connect(evil.BERTH_AMQP_URL);
      onTestFinished(() => model.close());
      await expect(attempt(model)).rejects.toThrow(/ACCESS_REFUSED|PRECONDITION_FAILED|not allowed/);
    });
  });

  test("bring a message to the inbox only, whatever else it is addressed to", async () => {
    const model = await connect(evil.BERTH_AMQP_URL);
    onTestFinished(() => model.close());
    const target = names().target(space, "evil");
    await scene.client.targets.put("quiet", {});
    const quiet = names().target(space, "quiet");
    const channel = await open(model);
    for (const key of [target, quiet]) {
      channel.publish(names().inbox(space), key, Buffer.from("{}"), {
        userId: user,
        CC: [quiet],
        BCC: [quiet],
      });
    }
    await channel.waitForConfirms();
    const admin = await connect(scene.rabbitmq.url);
    onTestFinished(() => admin.close());
    expect((await (await open(admin)).checkQueue(quiet)).messageCount).toBe(0);
  });

  test("do not let it report for another target: the dispatcher drops that, and an OOPS tells of it", async () => {
    const text = "until [ -e go ]; do sleep 0.05; done";
    const { id } = await scene.client.enqueue({
      kind: "deploy",
      name: "shop",
      target: "web.1",
      script: { text },
    });
    await eventually("it runs", async () => (await scene.client.task(id)).state === "running");
    const [held] = (await scene.store.task(space, id))?.legs ?? [];
    const [leg, token, session] = [held?.id ?? "", held?.token ?? "", held?.session ?? ""];
    const model = await connect(evil.BERTH_AMQP_URL);
    onTestFinished(() => model.close());
    const before = (await scene.refusals()).length;
    const outcome = { type: "succeeded", exitCode: 0 } as const;
    const report = {
      type: "report",
      task: id,
      leg,
      attempt: 1,
      token,
      report: { type: "finished", outcome },
    } as const;
    const own = `evil.${randomUUID()}`;
    const opening = (id: string, session: string, target: string, succeeds: string[] = []): InboxItem => {
      const tentacle = session.slice(0, session.lastIndexOf("."));
      const parts = { version: "1", capacity: 1, targets: [target], succeeds, knows: [] };
      return { type: "session.open", id, session, tentacle, ...parts };
    };
    const forged: InboxItem[] = [
      { ...report, id: "forged-1", session },
      opening("forged-2", own, "web.1"),
      opening("forged-3", `web.${randomUUID()}`, "evil", [session]),
      { type: "session.close", id: "forged-4", session },
      { type: "cancel", id: "forged-5", task: id, by: "evil", reason: "" },
      { type: "target.put", id: "forged-6", target: "web.1", policy: {}, tags: [], users: [user] },
    ];
    await send(model, forged, { userId: user });
    // The broker does not mind who names nobody.
    await send(model, [{ ...report, id: "forged-7", session }], {});
    // With a session of its own it speaks for itself.
    await send(model, [opening("honest-1", own, "evil")], {
      userId: user,
    });
    await send(model, [{ ...report, id: "forged-8", session: own }], { userId: user });
    await eventually("all were refused", async () => (await scene.refusals()).length === before + 8);
    const values = (await scene.refusals()).map(({ value }) => value).join("\n");
    for (let number = 1; number <= 8; number += 1) expect(values).toContain(` forged-${number}: `);
    expect(values).not.toContain("honest");
    expect(values).toContain(
      `the broker's user "${user}" sent report forged-1: the session ${session} is not its own`,
    );
    expect(values).toContain("somebody sent report forged-7: the broker does not vouch");
    expect((await scene.client.task(id)).state).toBe("running");
    expect((await scene.store.sessions(space)).map((each) => each.id)).toContain(session);
    await scene.client.cancel(id);
    expect((await scene.client.waitFor(id)).state).toBe("canceled");
  });

  test("are made just as well by the lines that the command prints, and taken away by those", async () => {
    const added = await berth({ url: scene.url }, "target", "add", "by-hand", "--broker", scene.rabbitmq.url);
    const lineOf = (lines: readonly string[], text: string) =>
      lines.find((line) => line.includes(text))?.trim() ?? "";
    const url = lineOf(added.out, "BERTH_AMQP_URL=").split("BERTH_AMQP_URL=").at(-1) ?? "";
    const { password } = new URL(url);
    for (const verb of ["add_user", "set_permissions"])
      await scene.runLine(lineOf(added.out, verb), password);
    await scene.tentacle({ BERTH_AMQP_URL: url, BERTH_TENTACLE: "by-hand", BERTH_TARGETS: "by-hand" });
    const { id } = await scene.client.enqueue({
      kind: "job",
      name: "x",
      target: "by-hand",
      script: { text: "true" },
    });
    expect((await scene.client.waitFor(id)).state).toBe("succeeded");
    const removed = await berth({ url: scene.url }, "target", "remove", "by-hand");
    await scene.runLine(lineOf(removed.out, "delete_user"), "");
    await expect(connect(url)).rejects.toThrow("ACCESS_REFUSED");
  });

  test("lose a target that is removed, and go away with the last one", async () => {
    const places = ["--management", scene.rabbitmq.managementUrl ?? "", "--broker", scene.rabbitmq.url];
    const { BERTH_AMQP_URL: url } = await scene.addTarget("pair-1", "--tentacle", "pair");
    await scene.addTarget("pair-2", "--tentacle", "pair");
    await berth({ url: scene.url }, "target", "remove", "pair-1", ...places);
    expect(await scene.rabbitmq.ctl("list_user_permissions", "berth.default.pair")).toContain(
      "^(berth/default/target/pair-2|",
    );
    await berth({ url: scene.url }, "target", "remove", "pair-2", ...places);
    await expect(connect(url)).rejects.toThrow("ACCESS_REFUSED");
  });

  test("are enough after the broker has lost the queues of all sessions", { timeout: 400_000 }, async () => {
    await scene.rabbitmq.kill();
    await scene.rabbitmq.start();
    const { id } = await scene.client.enqueue({
      ...{ kind: "job", name: "x", target: "web.1", script: { text: "sleep 1000" } },
    });
    await eventually("it runs", async () => (await scene.client.task(id)).state === "running");
    // An order comes by the queue of the session.
    await scene.client.cancel(id);
    expect((await scene.client.waitFor(id)).state).toBe("canceled");
  });

  async function send(
    model: ChannelModel,
    items: readonly InboxItem[],
    options: Options.Publish,
  ): Promise<void> {
    const body = JSON.stringify({ v: 1, replyTo: null, items });
    await publish(model, names().inbox(space), names().inbox(space), body, options);
  }
});

/** A channel that does not end the process when the broker closes it. */
async function open(model: ChannelModel) {
  const channel = await model.createConfirmChannel();
  channel.on("error", () => {});
  return channel;
}

/** Rejects with what the broker says when it closes the channel. */
async function publish(
  model: ChannelModel,
  exchange: string,
  key: string,
  body = "{}",
  options: Options.Publish = {},
): Promise<void> {
  const channel = await open(model);
  const closed = new Promise<never>((_resolve, reject) => channel.once("error", reject));
  closed.catch(() => {});
  channel.publish(exchange, key, Buffer.from(body), { persistent: true, ...options });
  await Promise.race([closed, channel.waitForConfirms().catch(() => closed)]);
}
