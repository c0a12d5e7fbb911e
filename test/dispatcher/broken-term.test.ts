import { BrokerError } from "@berth/broker";
import { CommandDefect, Engine } from "@berth/engine";
import { type StoreChange, StoreError } from "@berth/store";
import { describe, expect, test, vi } from "vitest";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submit } from "../support/dispatcher/scene.ts";
import { type CommitRule, Gate } from "../support/dispatcher/watched-ports.ts";
import { eventually } from "../support/eventually.ts";

/** Fails the next commit, before or after it is written, and lets all others pass. */
function failOnce(scene: DispatcherScene, when: "before" | "after"): Promise<void> {
  const failed = Promise.withResolvers<void>();
  const rule: CommitRule = async (_commit, pass) => {
    scene.watched.rule = (_next, passNext) => passNext();
    if (when === "after") await pass();
    failed.resolve();
    throw new StoreError("store_unreachable", "the store went away");
  };
  scene.watched.rule = rule;
  return failed.promise;
}

const adds =
  (task: string) =>
  (change: StoreChange): boolean =>
    change.type === "task.added" && change.task.id === task;

describe.each(["before", "after"] as const)("a commit that fails %s it is written", (when) => {
  test("is sent again until it is known to be there: every client is answered, and nothing is lost", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    void failOnce(scene, when);
    const ids = await user.send(submit("t-1"), submit("t-2", { digest: "abc" }));
    for (const [index, id] of ids.entries()) {
      expect(await user.reply(id)).toMatchObject({
        ...{ type: "submitted", task: `t-${index + 1}`, existing: false },
      });
      expect(user.replies.get(id)).toHaveLength(1);
    }
    expect(await scene.store.taskCounts(space)).toEqual({ waiting: 2 });
    await scene.logged("there is an answer again");
    // The same owner goes on in the same epoch, with what it has in memory.
    expect(new Set(scene.journal.commits.map(({ epoch }) => epoch)).size).toBe(1);
    expect(await scene.oops()).toEqual([]);
  });

  test("takes those that were sent behind it along, in their order", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    const gate = new Gate();
    let commits = 0;
    scene.watched.rule = async (commit, pass) => {
      commits += 1;
      if (commits > 1) return pass();
      if (when === "after") await pass();
      await gate.rule(commit, () => Promise.reject(new StoreError("store_unreachable", "it went away")));
      return pass();
    };
    const [first] = await user.send(submit("t-1"));
    await gate.reached;
    const [second] = await user.send(submit("t-2"));
    // The store has refused it, or taken it, before the first one is known to have failed.
    await scene.journal.until(() => scene.journal.ofType("settled").at(-1)?.commit.changes.some(adds("t-2")));
    gate.open();
    await Promise.all([user.reply(first!), user.reply(second!)]);
    expect([...user.replies.keys()]).toEqual([first, second]);
    const page = await scene.store.tasks(space, { sort: "oldest", cursor: null, limit: 9 });
    expect(page.items.map(({ task }) => task.id)).toEqual(["t-1", "t-2"]);
    expect(await scene.oops()).toEqual([]);
  });

  test("grants nothing twice", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    const user = await scene.user("ada");
    void failOnce(scene, when);
    await user.ask(submit("t-1", { kind: "deploy" }));
    const delivery = await worker.delivery("t-1");
    await worker.report(delivery, { type: "started" });
    await scene.untilState("t-1", "running");
    await worker.succeed(delivery);
    await scene.untilState("t-1", "succeeded");
    // One grant, however often it was sent.
    expect(new Set(worker.deliveries.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(delivery.attempt).toBe(1);
  });

  test("keeps the end of a task, and says so of the report that told it", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    const user = await scene.user("ada");
    await user.ask(submit("t-1"));
    const delivery = await worker.delivery("t-1");
    await worker.report(delivery, { type: "started" });
    await scene.untilState("t-1", "running");
    void failOnce(scene, when);
    await worker.succeed(delivery);
    await scene.untilState("t-1", "succeeded");
    await user.ask(submit("t-2"));
    expect(await scene.store.taskCounts(space)).toMatchObject({ succeeded: 1 });
    expect(await scene.oops()).toEqual([]);
  });
});

test("a submit without a key that was carried out, and whose task has ended since, is not carried out again", async () => {
  const scene = await DispatcherScene.open();
  const user = await scene.user("ada");
  scene.watched.rule = async (_commit, pass) => {
    await pass();
    return new Promise(() => {});
  };
  // Both are in one commit, which is written, and its message comes again.
  const [, cancel] = await user.send(submit("t-1"), { type: "cancel", task: "t-1", by: "ada", reason: "" });
  await eventually("the commit", async () => (await scene.stateOf("t-1")) === "canceled");
  await scene.cut();
  scene.watched.rule = (_commit, pass) => pass();
  await scene.dispatcher({ owner: "owner-2", clock: () => Date.now() + 60_000 }).start();
  await user.reply(cancel!);
  expect(await scene.stateOf("t-1")).toBe("canceled");
  expect([...user.replies.values()].flat()[0]).toMatchObject({ type: "submitted", existing: true });
});

test("a task that is enqueued, cancelled and enqueued again in one batch stays cancelled", async () => {
  const scene = await DispatcherScene.open();
  const user = await scene.user("ada");
  const again = submit("k-1", { digest: "abc" });
  const cancel = { type: "cancel", task: "k-1", by: "ada", reason: "" } as const;
  const [first, , second, other] = await user.send(again, cancel, again, submit("k-1", { digest: "other" }));
  expect(await user.reply(first!)).toMatchObject({ type: "submitted", existing: false });
  expect(await user.reply(second!)).toMatchObject({ type: "submitted", existing: true });
  expect(await user.reply(other!)).toMatchObject({ type: "refused", code: "idempotency_conflict" });
  expect(await scene.stateOf("k-1")).toBe("canceled");
});

test("a task that ends in the same batch in which it is enqueued again does not run again", async () => {
  const scene = await DispatcherScene.open();
  const worker = await scene.worker();
  await worker.ask(submit("k-1", { digest: "abc" }));
  const { task, leg, attempt, token } = await worker.delivery("k-1");
  const outcome = { type: "succeeded", exitCode: 0 } as const;
  const fields = { session: worker.session, task, leg, attempt, token };
  const [, second] = await worker.send(
    { type: "report", ...fields, report: { type: "finished", outcome } },
    submit("k-1", { digest: "abc" }),
  );
  expect(await worker.reply(second!)).toMatchObject({ type: "submitted", existing: true });
  expect(await scene.stateOf("k-1")).toBe("succeeded");
});

test("a store that stays away for some time loses nothing", async () => {
  const scene = await DispatcherScene.open();
  const user = await scene.user("ada");
  let failures = 0;
  scene.watched.rule = async (_commit, pass) => {
    failures += 1;
    if (failures <= 5) throw new StoreError("store_full", "no room");
    return pass();
  };
  expect(await user.ask(submit("t-1"))).toMatchObject({ type: "submitted", existing: false });
  expect(failures).toBeGreaterThan(5);
});

describe("a defect of the engine", () => {
  test("refuses the command that meets it, with an OOPS, and disturbs nothing else", async () => {
    const applyAll = Engine.prototype.applyAll;
    vi.spyOn(Engine.prototype, "applyAll").mockImplementation(function (this: Engine, commands) {
      const poison = commands.find(({ id }) => id === "i-poison");
      if (poison !== undefined) throw new CommandDefect(poison.id, new Error("a defect for the test"));
      return applyAll.call(this, commands);
    });
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    const [before, poison, after] = await user.send(
      submit("t-1"),
      { ...submit("t-2"), id: "i-poison" },
      submit("t-3"),
    );

    expect(await user.reply(poison!)).toMatchObject({
      ...{ type: "refused", code: "internal" },
      message: expect.stringContaining("submit i-poison"),
    });
    expect(await user.reply(before!)).toMatchObject({ type: "submitted", existing: false });
    expect(await user.reply(after!)).toMatchObject({ type: "submitted", existing: false });
    expect(await scene.oops()).toMatchObject([
      {
        type: "EngineDefect",
        value: "submit i-poison: Error: a defect for the test",
        text: expect.stringContaining("t-2"),
      },
    ]);
    expect(await scene.stateOf("t-2")).toBeNull();
  });

  test("in an explanation refuses that, and does not break the term off", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    const explain = vi.spyOn(Engine.prototype, "explain").mockImplementation(() => {
      throw new Error("a defect for the test");
    });
    expect(await user.ask({ type: "explain", task: "t-1" })).toMatchObject({ code: "internal" });
    explain.mockRestore();
    expect(await user.ask({ type: "explain", task: "t-1" })).toMatchObject({ code: "task_unknown" });
    expect(await scene.oops()).toMatchObject([{ type: "EngineDefect" }]);
  });

  test("that the store refuses is found, told of and put aside, and the messages around it go on", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    scene.watched.rule = async ({ changes }, pass) => {
      const isBad = changes.some((change) => change.type === "task.added" && change.task.id === "t-bad");
      if (isBad) throw new StoreError("commit_invalid", "the changes contradict what is stored");
      return pass();
    };
    const asked = [
      await user.send(submit("t-1")),
      await user.send(submit("t-bad")),
      await user.send(submit("t-2")),
    ];
    const [one, bad, two] = asked.flat();
    expect(await user.reply(one!)).toMatchObject({ type: "submitted" });
    expect(await user.reply(two!)).toMatchObject({ type: "submitted" });
    expect(await user.reply(bad!)).toMatchObject({ type: "refused", code: "internal" });
    expect(await scene.oops()).toMatchObject([{ type: "EngineDefect" }]);
  });
});

test("a broker that does not make a queue breaks no term off, since its memory may be needed", async () => {
  let failures = 0;
  const scene = await DispatcherScene.prepare();
  const dispatcher = scene.dispatcher({
    onDeclare: (queue) => {
      if (queue !== scene.names.target(space, "web-1")) return;
      failures += 1;
      if (failures <= 3) throw new BrokerError("broker_unreachable", "it is away for a moment");
    },
  });
  await dispatcher.start();
  const user = await scene.user("ada");
  expect(await user.ask({ type: "target.put", target: "web-1", policy: {}, tags: [] })).toEqual({
    type: "done",
  });
  expect(failures).toBe(4);
  expect(scene.log.filter(({ msg }) => msg.includes("broken off"))).toEqual([]);
});
