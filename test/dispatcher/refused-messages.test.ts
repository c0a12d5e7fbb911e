import { expect, test } from "vitest";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submission, submit } from "../support/dispatcher/scene.ts";

test("one item that cannot be read takes none of the others with it", async () => {
  const scene = await DispatcherScene.open();
  const user = await scene.user("ada");
  const item = (id: string, fields: object): object => ({ id, ...fields });
  const good = (id: string): object => item(`i-${id}`, { type: "submit", task: submission(id) });
  const bad = item("i-bad", { type: "submit", task: { ...submission("t-bad"), kind: "deplyo" } });
  const items = [good("t-1"), bad, good("t-2")];
  await user.sendText(JSON.stringify({ v: 1, replyTo: user.queue, items }));
  expect(await user.reply("i-bad")).toEqual({
    type: "refused",
    code: "message_invalid",
    message: expect.stringContaining("task.kind"),
  });
  expect(await user.reply("i-t-1")).toMatchObject({ type: "submitted", task: "t-1" });
  expect(await user.reply("i-t-2")).toMatchObject({ type: "submitted", task: "t-2" });
  expect(await scene.oops()).toMatchObject([
    { type: "MessageRefused", value: expect.stringContaining("task.kind"), text: JSON.stringify(bad) },
  ]);
  expect(await scene.stateOf("t-bad")).toBeNull();
});

test("an item whose id is none is refused without an answer, which would make the other answers unreadable", async () => {
  const scene = await DispatcherScene.open();
  const user = await scene.user("ada");
  const items = ["", "two words", "x".repeat(300), 7].map((id) => ({ id, type: "explain", task: "t-1" }));
  const asked = { id: "i-1", type: "explain", task: "t-1" };
  await user.sendText(JSON.stringify({ v: 1, replyTo: user.queue, items: [...items, asked] }));
  expect(await user.reply("i-1")).toMatchObject({ code: "task_unknown" });
  expect([...user.replies.keys()]).toEqual(["i-1"]);
  expect(await scene.oops()).toHaveLength(items.length);
});

test.for([
  ["what is not JSON", "{nonsense", "it is not JSON"],
  ["what is no message", '{"v":1}', "items"],
  ["another version", '{"v":2,"replyTo":null,"items":[{}]}', "v:"],
  ["bytes", "\u0000\ufffd", "it is not JSON"],
  ["nothing", "", "it is not JSON"],
])("%s becomes an OOPS that keeps it, and the next messages go on", async ([, text, problem]) => {
  const scene = await DispatcherScene.open();
  const user = await scene.user("ada");
  await user.sendText(text!);
  expect(await user.ask(submit("t-1"))).toMatchObject({ type: "submitted" });
  expect(await scene.oops()).toMatchObject([
    { type: "MessageRefused", text, value: expect.stringContaining(problem!), task: null },
  ]);
  const inbox = await user.broker.inspectQueue(scene.names.inbox(space));
  expect(inbox).toMatchObject({ waiting: 0 });
});

test("a message that is very long is kept as far as an OOPS may be long", async () => {
  const scene = await DispatcherScene.open();
  const user = await scene.user("ada");
  await user.sendText("x".repeat(1_000_000));
  await user.ask(submit("t-1"));
  const [oops] = await scene.oops();
  expect(oops?.text).toMatch(/^x+…$/);
  expect(oops?.text?.length).toBe(100_000);
});

test("garbage in the queue of a target, which its tentacle gives back, ends as an OOPS", async () => {
  const scene = await DispatcherScene.open();
  const worker = await scene.worker();
  worker.settle = (message) => message.nack(false);
  const queue = scene.names.target(space, "web-1");
  await worker.broker.publish({ queue, body: Buffer.from("garbage"), persistent: false });
  await scene.logged("OOPS MessageRefused");
  expect(await scene.oops()).toMatchObject([
    { type: "MessageRefused", text: "garbage", value: expect.stringContaining("refused") },
  ]);
});

test("a message without anybody to answer is carried out", async () => {
  const scene = await DispatcherScene.open();
  const user = await scene.user("ada");
  const items = [{ id: "i-1", type: "submit", task: submission("t-1") }];
  await user.sendText(JSON.stringify({ v: 1, replyTo: null, items }));
  await scene.untilState("t-1", "waiting");
});

test("an answer to somebody who is gone disturbs nobody", async () => {
  const scene = await DispatcherScene.open();
  const user = await scene.user("ada");
  const items = [{ id: "i-1", type: "submit", task: submission("t-1") }];
  await user.sendText(JSON.stringify({ v: 1, replyTo: "test/replies/nobody", items }));
  expect(await user.ask(submit("t-2"))).toMatchObject({ type: "submitted" });
});

test("an item that can be read but not written again is refused once, and stops nothing", async () => {
  const scene = await DispatcherScene.open();
  const user = await scene.user("ada");
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  await user.sendText(`{"v":1,"replyTo":null,"items":[{"type":"submit","id":"i-1","task":${deep}}]}`);
  expect(await user.ask(submit("t-1"))).toMatchObject({ type: "submitted", existing: false });
  const refused = (await scene.oops()).filter(({ type }) => type === "MessageRefused");
  expect(refused).toHaveLength(1);
  expect(refused[0]?.text).toContain('"id":"i-1"');
});
