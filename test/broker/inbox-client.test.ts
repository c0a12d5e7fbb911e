import { type Broker, BrokerError, createInboxClient, type InboxClient } from "@berth/broker";
import { createMemoryBroker } from "@berth/broker/memory";
import { BerthError, type InboxItem, type TaskNotice, topology } from "@berth/protocol";
import { newItemId } from "@berth/protocol/identity";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ScriptedInbox } from "../support/scripted-inbox.ts";

const names = topology("test");
const answers = names.replies("client-1");

let broker: Broker;
let owner: ScriptedInbox;
let client: InboxClient;
let warnings: string[];
let connect: () => Promise<Broker>;

beforeEach(async () => {
  const server = createMemoryBroker();
  connect = async () => {
    const connection = server.connect();
    await connection.start();
    return connection;
  };
  broker = await connect();
  owner = new ScriptedInbox(await connect(), names, "default");
  await owner.start();
  warnings = [];
  client = clientWith({});
  await client.start();
});

afterEach(async () => {
  await client.stop();
});

function clientWith(options: { answerTimeoutMs?: number; watchMs?: number; broker?: Broker }): InboxClient {
  return createInboxClient({
    broker,
    topology: names,
    client: "client-1",
    answerTimeoutMs: 10_000,
    logger: { warn: (_fields, message) => warnings.push(message) },
    ...options,
  });
}

async function restartWith(options: Parameters<typeof clientWith>[0]): Promise<void> {
  await client.stop();
  client = clientWith(options);
  await client.start();
}

function release(task: string): InboxItem {
  return { type: "release", id: newItemId(), task, by: "test" };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof BerthError ? error.code : `no BerthError: ${String(error)}`;
}

test("each request gets its own answer, also when answers come in another order", async () => {
  const held: InboxItem[] = [];
  owner.script = (item) => {
    held.push(item);
    return null;
  };
  const requests = ["t-1", "t-2", "t-3"].map((task) => client.request("default", release(task)));
  await owner.until(() => held.length === 3);
  const replies = held.map((item) => ({
    id: item.id,
    body: {
      type: "submitted" as const,
      task: item.type === "release" ? item.task : "",
      existing: false,
      joined: null,
    },
  }));
  for (const reply of replies.reverse()) await owner.send(answers, { replies: [reply] });
  expect(await Promise.all(requests)).toMatchObject([{ task: "t-1" }, { task: "t-2" }, { task: "t-3" }]);
});

test("requests of one turn of the event loop share a message", async () => {
  await Promise.all([
    client.request("default", release("t-1")),
    client.requestMany("default", [release("t-2"), release("t-3")]),
    Promise.resolve().then(() => client.request("default", release("t-4"))),
  ]);
  expect(owner.messages.map(({ items }) => items.length)).toEqual([4]);
});

test("a message brings at most 2,000 items, and items asked for together stay together", async () => {
  const some = Array.from({ length: 1500 }, () => release("t-1"));
  const more = Array.from({ length: 1500 }, () => release("t-2"));
  const replies = await Promise.all([
    client.requestMany("default", some),
    client.requestMany("default", more),
    client.requestMany(
      "default",
      Array.from({ length: 2500 }, () => release("t-3")),
    ),
  ]);
  expect(replies.map(({ length }) => length)).toEqual([1500, 1500, 2500]);
  expect(owner.messages.map(({ items }) => items.length)).toEqual([1500, 1500, 2000, 500]);
  expect(owner.messages[0]?.items).toEqual(some);
});

test("a message is bounded in bytes, but one large item goes all the same", async () => {
  const reason = "x".repeat(2000);
  const items = Array.from({ length: 1000 }, (_, index): InboxItem => {
    return { type: "cancel", id: newItemId(), task: `t-${index}`, by: "test", reason };
  });
  await Promise.all(items.map((item) => client.request("default", item)));
  expect(owner.messages.length).toBe(2);
  expect(owner.items).toEqual(items);
});

test("a request without an answer is refused as late, and those after it in time are answered", async () => {
  await restartWith({ answerTimeoutMs: 5 });
  owner.script = (item) => (item.type === "release" && item.task === "t-late" ? null : { type: "done" });
  expect(await codeOf(client.request("default", release("t-late")))).toBe("answer_late");
  expect(await client.request("default", release("t-1"))).toEqual({ type: "done" });
  expect(await codeOf(client.requestMany("default", [release("t-2"), release("t-late")]))).toBe(
    "answer_late",
  );
});

test("a space whose inbox does not exist is unknown", async () => {
  expect(await codeOf(client.request("nowhere", release("t-1")))).toBe("space_unknown");
});

test("a broker that is gone is unavailable, and says that nothing was done", async () => {
  const failing = await connect();
  await restartWith({ broker: failing });
  await failing.stop();
  const error = await client.request("default", release("t-1")).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "broker_unavailable", cause: { code: "broker_stopped" } });
});

test("where nobody knows whether the broker has it, the answer is waited for", async () => {
  const doubtful: Broker = Object.create(broker, {
    publish: {
      value: async (message: Parameters<Broker["publish"]>[0]) => {
        await broker.publish(message);
        throw new BrokerError("outcome_unknown", "the connection ended");
      },
    },
    declareQueue: { value: broker.declareQueue.bind(broker) },
    deleteQueue: { value: broker.deleteQueue.bind(broker) },
    consume: { value: broker.consume.bind(broker) },
  }) as Broker;
  await restartWith({ broker: doubtful });
  expect(await client.request("default", release("t-1"))).toEqual({ type: "done" });
});

test("stopping refuses what is open, deletes the queue of answers, and takes nothing new", async () => {
  owner.script = () => null;
  const open = codeOf(client.request("default", release("t-1")));
  await owner.until(() => owner.items.length === 1);
  await client.stop();
  await client.stop();
  expect(await open).toBe("answer_late");
  expect(await codeOf(client.request("default", release("t-2")))).toBe("broker_unavailable");
  expect(await broker.inspectQueue(answers)).toBeNull();
});

test("garbage in the queue of answers is logged and ignored", async () => {
  for (const text of ["not json", "{}", '{"v":1,"replies":[{"id":1}],"orders":[],"notices":[]}']) {
    await broker.publish({ queue: answers, body: Buffer.from(text), persistent: false });
  }
  await owner.send(answers, { replies: [{ id: "i-nobody-asked", body: { type: "done" } }] });
  expect(await client.request("default", release("t-1"))).toEqual({ type: "done" });
  expect(warnings).toEqual(
    Array(3).fill("a message in the queue of answers could not be read; it is ignored"),
  );
});

test("the queue of answers is declared again when somebody deletes it", async () => {
  await broker.deleteQueue(answers);
  expect(await client.request("default", release("t-1"))).toEqual({ type: "done" });
});

test("a watch tells when it has begun and of each change, until it is stopped", async () => {
  const heard: TaskNotice[] = [];
  let hear: () => void = () => {};
  const stopWatching = client.watch("default", "t-1", (notice) => {
    heard.push(notice);
    hear();
  });
  const next = (): Promise<void> => new Promise((resolve) => (hear = resolve));
  await next();
  expect(heard).toEqual([{ task: "t-1", state: null, log: true }]);
  const changed = next();
  await owner.notify({ task: "t-1", state: "running", log: false });
  await changed;
  expect(heard[1]).toEqual({ task: "t-1", state: "running", log: false });
  stopWatching();
  await owner.notify({ task: "t-1", state: "succeeded", log: false });
  await client.request("default", release("t-1"));
  expect(heard).toHaveLength(2);
});

test("a watch is renewed before it ends, for all its listeners at once", async () => {
  await restartWith({ watchMs: 30 });
  const stops = [
    client.watch("default", "t-1", () => {}),
    client.watch("default", "t-1", () => {}),
    client.watch("default", "t-2", () => {}),
  ];
  const renewals = (): InboxItem[] => owner.messages.slice(1).flatMap(({ items }) => items);
  await owner.until(() => renewals().length >= 4);
  expect(owner.messages[1]?.items).toMatchObject([
    { type: "watch", task: "t-1" },
    { type: "watch", task: "t-2" },
  ]);
  for (const stop of stops) stop();
});

test("a listener that throws does not keep the others from hearing", async () => {
  const { promise, resolve } = Promise.withResolvers<TaskNotice>();
  client.watch("default", "t-1", () => {
    throw new Error("a defect of the listener");
  });
  client.watch("default", "t-1", resolve);
  await promise;
  expect(warnings).toContain("a listener of a watch threw");
});

test("a watch that the owner does not answer is logged, and tried again", async () => {
  await restartWith({ watchMs: 60, answerTimeoutMs: 5 });
  let ignored = 0;
  owner.script = () => (ignored++ === 0 ? null : { type: "done" });
  const { promise, resolve } = Promise.withResolvers<TaskNotice>();
  client.watch("default", "t-1", resolve);
  await promise;
  expect(warnings).toContain("a watch could not be renewed; it is tried again");
});
