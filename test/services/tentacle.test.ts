// The process of a tentacle, on RabbitMQ, with a dispatcher in this process.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRabbitmqBroker } from "@berth/broker/rabbitmq";
import { Dispatcher } from "@berth/dispatcher";
import { topology } from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import { createSqliteStore } from "@berth/store/sqlite";
import { pino } from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import { InboxUser, space } from "../support/dispatcher/inbox-user.ts";
import { submit } from "../support/dispatcher/scene.ts";
import { eventually } from "../support/eventually.ts";
import { sharedRabbitmq, whyNoRabbitmq } from "../support/servers/shared.ts";
import { skipBecause } from "../support/skip.ts";
import { StackPart } from "../support/stack/part.ts";
import { createFolder, removeFolder } from "../support/temporary-folder.ts";

let prefixes = 0;

interface Place {
  readonly tentacle: StackPart;
  readonly folder: string;
  /** Starts a dispatcher, and whoever talks to it. */
  readonly dispatch: () => Promise<InboxUser>;
}

async function place(environment: Readonly<Record<string, string>> = {}): Promise<Place> {
  const rabbitmq = await sharedRabbitmq();
  prefixes += 1;
  const prefix = `${rabbitmq.prefix}-${prefixes}`;
  const folder = await createFolder("tentacle-service");
  const tentacle = new StackPart("web-1", "tentacle", {
    ...{ BERTH_AMQP_URL: rabbitmq.url, BERTH_PREFIX: prefix, BERTH_TENTACLE: "web-1" },
    ...{ BERTH_WORKSPACE: join(folder, "workspace"), ...environment },
  });
  onTestFinished(async () => {
    if (tentacle.isUp) await tentacle.kill();
    await removeFolder(folder);
  });
  return { tentacle, folder, dispatch: () => dispatch(rabbitmq.url, prefix) };
}

async function dispatch(url: string, prefix: string): Promise<InboxUser> {
  const broker = createRabbitmqBroker({ url });
  const store = createSqliteStore({ path: ":memory:", durability: "memory" });
  const names = topology(prefix);
  const logger = pino({ level: "silent" });
  const dispatcher = new Dispatcher({
    space,
    owner: "o",
    broker,
    store,
    topology: names,
    logger,
    newId: newItemId,
  });
  await Promise.all([broker.start(), store.start()]);
  await dispatcher.start();
  onTestFinished(async () => {
    await dispatcher.stop();
    await broker.stop();
    await store.stop();
  });
  const user = new InboxUser(broker, names, names.replies("ada"));
  await user.listen();
  await user.ask({ type: "target.put", target: "web-1", policy: {}, tags: [] });
  return user;
}

async function moduleFile(folder: string, text: string): Promise<string> {
  const file = join(folder, "handlers.mjs");
  await writeFile(file, text);
  return file;
}

describe("the process of a tentacle", skipBecause(await whyNoRabbitmq()), () => {
  test("is ready when the server has opened a session, runs what comes, and gives its session back", async () => {
    const { tentacle, dispatch } = await place();
    await tentacle.start();
    expect(await (await fetch(`${tentacle.url}/healthz`)).json()).toEqual({ status: "alive" });
    expect((await tentacle.readiness()).isReady).toBe(false);
    expect((await fetch(`${tentacle.url}/anything`)).status).toBe(404);
    const user = await dispatch();
    await tentacle.untilReady();
    await user.ask(submit("t-1"));
    await eventually(
      "it has run",
      async () => (await user.ask({ type: "explain", task: "t-1" })).type === "refused",
    );
    expect(await tentacle.stop()).toEqual({ code: 0, signal: null });
    expect(tentacle.errorText).toBe("");
  }, 60_000);

  test("runs the handlers of a module", async () => {
    const { tentacle, folder, dispatch } = await place();
    const user = await dispatch();
    const proof = join(folder, "proof");
    const text = `import { writeFileSync } from "node:fs";
      export const handlers = { note: ({ input }) => writeFileSync(${JSON.stringify(proof)}, input) };`;
    await tentacle.start({ BERTH_HANDLERS: await moduleFile(folder, text) });
    await tentacle.untilReady();
    const { task } = submit("t-1") as Extract<ReturnType<typeof submit>, { type: "submit" }>;
    const handler = { name: "note", input: "done" };
    await user.ask({
      type: "submit",
      task: { ...task, payload: { ...task.payload, script: null, handler } },
    });
    const { readFile } = await import("node:fs/promises");
    await eventually("it has run", async () => (await readFile(proof, "utf8").catch(() => "")) === "done");
  }, 60_000);

  test.for([
    ["that is not there", null, "cannot be loaded"],
    ["that exports no handlers", "export const other = 1;", "an object of handlers by name"],
    ["with something else among them", "export const handlers = { a: 1 };", '"a" to be a function'],
  ] as const)("refuses a module %s, and exits with 2", async ([, text, expected]) => {
    const { tentacle, folder } = await place();
    const file = text === null ? join(folder, "none.mjs") : await moduleFile(folder, text);
    await expect(tentacle.start({ BERTH_HANDLERS: file })).rejects.toThrow("before");
    expect(await tentacle.process.ended).toEqual({ code: 2, signal: null });
    expect(tentacle.errorText).toContain(`BERTH_HANDLERS is "${file}"`);
    expect(tentacle.errorText).toContain(expected);
  });

  test("exits with 1 where another one has its workspace", async () => {
    const { tentacle, folder, dispatch } = await place();
    await dispatch();
    await tentacle.start();
    await tentacle.untilReady();
    const { url, prefix } = { url: (await sharedRabbitmq()).url, prefix: "other" };
    const second = new StackPart("second", "tentacle", {
      ...{ BERTH_AMQP_URL: url, BERTH_PREFIX: prefix, BERTH_TENTACLE: "web-1" },
      BERTH_WORKSPACE: join(folder, "workspace"),
    });
    await second.start();
    expect((await second.process.ended).code).toBe(1);
  }, 60_000);
});
