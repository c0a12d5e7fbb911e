// The store goes backwards, and somebody else takes the space over from the older state.
import { InboxMessage } from "@berth/protocol";
import { describe, expect, test } from "vitest";
import { leg, status, task } from "../contract/store/records.ts";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submit } from "../support/dispatcher/scene.ts";
import { Gate } from "../support/dispatcher/watched-ports.ts";
import { findingsAfterTakeover, findingsWhileAnotherWaits, usurp } from "../support/laws/setback-takeover.ts";

/** Commands that a dispatcher has put into the inbox. */
function repeated(scene: DispatcherScene): string[] {
  const inbox = scene.names.inbox(space);
  const texts = scene.journal.ofType("published").flatMap(({ queue, text }) => (queue === inbox ? text : []));
  return texts
    .map((text) => InboxMessage.parse(JSON.parse(text)))
    .filter(({ repeatedBy }) => repeatedBy !== undefined)
    .flatMap(({ items }) => items as InboxMessage["items"])
    .map((item) => (item.type === "submit" ? `submit ${item.task.id}` : item.type));
}

describe("an owner that has lost the space while the store lost everything", () => {
  test("stops, and what it had committed is there for its successor: nothing is lost, nothing runs again blindly", async () => {
    const scene = await DispatcherScene.open();
    const { findings } = await findingsAfterTakeover(scene);
    expect(findings).toEqual([]);
    const deploy = await scene.store.task(space, "t-deploy");
    expect(deploy?.legs[0]?.reason).toContain("nobody knows how it ends");
    const told = (await scene.oops()).filter(({ type }) => type === "StoreWentBackwards");
    expect(told).toHaveLength(1);
    expect(told[0]?.value).toContain(
      "its former owner has put what it had committed last into the inbox again",
    );
  });

  test("tells of tasks that cannot be taken again", async () => {
    // Enough for the commit of the task, and not for that of its target too.
    const scene = await DispatcherScene.open({ settings: { recentCommitBytes: 3500 } });
    const user = await scene.user("ada");
    await user.ask(submit("t-1"));
    await scene.forgetful.forgetEverything();
    const release = await usurp(scene);
    const [item] = await user.send({ type: "explain", task: "t-1" });
    await scene.logged("is in the inbox again");
    await release();
    await user.reply(item!);
    await scene.logged("OOPS TaskLost");
    const [oops] = (await scene.oops()).filter(({ type }) => type === "TaskLost");
    expect(oops?.value).toContain("t-1 was taken before the store went backwards, and is refused now");
    expect(oops?.text).toContain('"t-1"');
  });
});

describe("an owner that has lost the space", () => {
  test("while the store lost some commits repeats these and no others, and nothing that was refused", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    await user.ask(submit("t-kept"));
    const { written } = scene.forgetful;
    await user.send(submit("t-1"), submit("t-refused", { targets: ["nowhere"] }));
    await user.ask(submit("t-2"));
    await scene.forgetful.forgetSince(written);
    const release = await usurp(scene);
    const [item] = await user.send(submit("t-3"));
    await scene.logged("is in the inbox again");
    expect(repeated(scene)).toEqual(["submit t-1", "submit t-2"]);
    await release();
    await user.reply(item!);
    expect(await scene.store.taskCounts(space)).toEqual({ waiting: 4 });
    const page = await scene.store.tasks(space, { sort: "oldest", cursor: null, limit: 9 });
    expect(page.items.map(({ task }) => task.id).toSorted()).toEqual(["t-1", "t-2", "t-3", "t-kept"]);
  });

  test("repeats nothing that its successor has, also where that one had to write it back", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    await user.ask(submit("t-1"));
    const { written } = scene.forgetful;
    await user.ask(submit("t-2"));
    // Everybody's commits stand still, until the space has another owner.
    const gate = new Gate();
    scene.watched.rule = gate.rule;
    await user.send(submit("t-3"));
    await gate.reached;
    scene.watched.rule = (_commit, pass) => pass();
    const successor = scene.dispatcher({
      ...{ owner: "owner-2", settings: { ownerLeaseMs: 300 } },
      clock: () => Date.now() + 60_000,
    });
    await successor.start();
    await scene.forgetful.forgetSince(written);
    await scene.untilState("t-2", "waiting");
    await scene.logged("OOPS StoreWentBackwards");
    gate.open();
    await scene.logged("another dispatcher owns space");
    await scene.logged("waiting for it");
    await user.ask(submit("t-4"));
    expect(repeated(scene)).toEqual([]);
    const { epochs } = await scene.store.history(space);
    expect(epochs.map(({ owner }) => owner)).toEqual(["owner-1", "owner-2", "owner-2"]);
  });

  test("repeats nothing where the store has lost nothing", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    await user.ask(submit("t-1"));
    const release = await usurp(scene);
    const [item] = await user.send(submit("t-2"));
    await scene.logged("another dispatcher owns space");
    await scene.logged("waiting for it");
    await release();
    await user.reply(item!);
    expect(repeated(scene)).toEqual([]);
    expect(await scene.oops()).toEqual([]);
  });

  test("ends what has ended also where its successor has it as waiting", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    await worker.ask({
      ...{ type: "hold.place", hold: "h-1", owner: "ada", reason: "for the test", longerThanMs: null },
      ...{ scope: { kinds: [], names: [], targets: [], tags: [] }, from: null, until: null },
    });
    await worker.ask(submit("t-1", { kind: "deploy" }));
    const { written } = scene.forgetful;
    await worker.ask({ type: "hold.lift", hold: "h-1", by: "ada" });
    await worker.succeed(await worker.delivery("t-1"));
    await scene.untilState("t-1", "succeeded");
    await scene.forgetful.forgetSince(written);
    const release = await usurp(scene);
    const [item] = await worker.send(submit("t-2"));
    await scene.logged("is in the inbox again");
    await release();
    await worker.reply(item!);
    await scene.untilState("t-1", "canceled");
    const task = await scene.store.task(space, "t-1");
    expect(task?.legs[0]?.reason).toContain("it had ended as succeeded");
    expect(worker.deliveries.filter((delivery) => delivery.task === "t-1")).toHaveLength(1);
  });
});

describe("whoever waits for a space whose store goes backwards", () => {
  test("leaves it to its owner, who makes it whole", async () => {
    expect(await findingsWhileAnotherWaits(await DispatcherScene.prepare())).toEqual([]);
  });

  test("takes it all the same where the owner does not come back", async () => {
    const scene = await DispatcherScene.prepare();
    const release = await usurp(scene);
    const waiting = scene.dispatcher({ owner: "owner-2", settings: { ownerLeaseMs: 400 } });
    const started = waiting.start();
    await scene.logged("waiting for it");
    await scene.forgetful.forgetEverything();
    await release();
    await started;
    expect(waiting.isOwner).toBe(true);
  });
});

describe("a message from a former owner", () => {
  const repeatedBy = { owner: "owner-0", epoch: 1 };

  function told(task: string, record: string | null) {
    return { type: "task.ended", id: `told-${task}`, task, reason: "it had ended as succeeded", record };
  }

  async function send(scene: DispatcherScene, ...items: object[]): Promise<void> {
    const user = await scene.user("former");
    await user.sendText(JSON.stringify({ v: 1, replyTo: null, items, repeatedBy }));
    await user.ask({ type: "explain", task: "t-1" });
  }

  test("that tells the end of a task which is enqueued in the same batch enqueues it not", async () => {
    const scene = await DispatcherScene.open();
    const ended = task({ id: "t-1", digest: "abc", status: status("succeeded") });
    const record = JSON.stringify({ task: ended, legs: [leg(ended)], payload: '"p"' });
    const again = { ...submit("t-1", { digest: "abc" }), id: "i-1" };
    await send(scene, again, told("t-1", record), told("t-1", record), again);
    expect(await scene.store.task(space, "t-1")).toEqual({ task: ended, legs: [leg(ended)] });
    expect(await scene.store.payloads(space, ["t-1"])).toEqual(new Map([["t-1", '"p"']]));
    expect((await scene.oops()).map(({ type }) => type)).toEqual(["StoreWentBackwards"]);
    // The same again says nothing new.
    await send(scene, told("t-1", record));
    expect(await scene.store.taskCounts(space)).toEqual({ succeeded: 1 });
  });

  test("that tells what nobody can read is told of, and stops nothing", async () => {
    const scene = await DispatcherScene.open();
    await send(scene, told("t-1", "{"), { ...submit("t-2"), id: "i-2" });
    expect(await scene.stateOf("t-1")).toBeNull();
    expect(await scene.stateOf("t-2")).toBe("waiting");
    const defects = (await scene.oops()).filter(({ type }) => type === "EngineDefect");
    expect(defects).toMatchObject([{ value: expect.stringContaining("task.ended told-t-1") }]);
  });
});
