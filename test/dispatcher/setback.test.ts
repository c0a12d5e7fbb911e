// The store goes backwards while the owner of a space lives: all that it has lost comes back from memory.
import type { LiveRecords } from "@berth/engine";
import type { HoldScope } from "@berth/protocol";
import { type Store, StoreError } from "@berth/store";
import { describe, expect, test } from "vitest";
import type { InboxUser, InboxWorker, ItemWish } from "../support/dispatcher/inbox-user.ts";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submission, submit } from "../support/dispatcher/scene.ts";
import { withOverrides } from "../support/dispatcher/watched-ports.ts";
import { findingsAfterSetbacks } from "../support/laws/setback.ts";

/** Nothing is kept of what was committed, so that the whole live state has to be written. */
const noRecent = { recentCommitBytes: 0 };

async function toldOf(scene: DispatcherScene): Promise<string[]> {
  const oops = (await scene.oops()).filter(({ type }) => type === "StoreWentBackwards");
  return oops.map(({ value }) => value);
}

const everything: HoldScope = { kinds: [], names: [], targets: [], tags: [] };

function hold(id: string, scope: Partial<HoldScope> = {}): ItemWish {
  return {
    ...{ type: "hold.place", hold: id, scope: { ...everything, ...scope }, owner: "ada" },
    ...{ reason: "for the test", from: null, until: null, longerThanMs: null },
  };
}

const lift = (id: string): ItemWish => ({ type: "hold.lift", hold: id, by: "ada" });

describe("a store that loses its last commits under load", () => {
  test("gets them again as they were: each task runs once, and each sender is answered once", async () => {
    const scene = await DispatcherScene.open();
    expect(await findingsAfterSetbacks(scene, (wave) => scene.forgetful.forget(2 * wave + 1))).toEqual([]);
    const told = await toldOf(scene);
    expect(told.length).toBeGreaterThan(0);
    for (const value of told) expect(value).toMatch(/commits were written again, and nothing is lost$/);
    // The same term goes on, in epochs that grow.
    expect(scene.log.filter(({ msg }) => msg === "owns the space")).toHaveLength(1);
    const epochs = scene.journal.commits.map(({ epoch }) => epoch);
    expect(epochs).toEqual(epochs.toSorted((one, other) => one - other));
    expect(new Set(epochs).size).toBeGreaterThan(1);
  });

  test("is noticed in a space in which nothing happens", async () => {
    const scene = await DispatcherScene.open({ settings: { ownerLeaseMs: 100 } });
    const user = await scene.user("ada");
    await user.ask(submit("t-1"));
    await user.ask(submit("t-2"));
    await scene.forgetful.forget(2);
    await scene.logged("OOPS StoreWentBackwards");
    expect(await scene.store.taskCounts(space)).toEqual({ waiting: 2 });
  });

  test("is not taken for backwards because it is slow to say what it has", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    let commits = 0;
    scene.watched.rule = async (_commit, pass) => {
      commits += 1;
      const outcome = await pass();
      if (commits % 2 === 1) throw new StoreError("store_unreachable", "the answer was lost");
      return outcome;
    };
    for (const id of ["t-1", "t-2", "t-3"]) await user.ask(submit(id));
    expect(await scene.store.taskCounts(space)).toEqual({ waiting: 3 });
    expect(await scene.oops()).toEqual([]);
    expect(new Set(scene.journal.commits.map(({ epoch }) => epoch)).size).toBe(1);
  });
});

describe("a store that loses everything", () => {
  test("gets all of it again under load: each task runs once, and each sender is answered once", async () => {
    const scene = await DispatcherScene.open();
    expect(await findingsAfterSetbacks(scene, () => scene.forgetful.forgetEverything())).toEqual([]);
    const told = await toldOf(scene);
    // What it had told before was lost as well, and came back with what was kept.
    expect(told.length).toBeGreaterThan(0);
    for (const value of told) expect(value).toContain("its live state was written again");
    expect(scene.log.filter(({ msg }) => msg === "owns the space")).toHaveLength(1);
  });

  test("has the live state again as it was, with what ended lately, logs and OOPS", async () => {
    const scene = await DispatcherScene.open({ settings: quickGraces });
    const { user, running } = await tellStory(scene);
    const before = await snapshot(scene);
    await scene.forgetful.forgetEverything();
    expect(await user.ask({ type: "target.put", target: "z", policy: {}, tags: [] })).toEqual({
      type: "done",
    });
    await scene.logged("OOPS StoreWentBackwards");
    await user.ask({ type: "target.remove", target: "z" });
    expect(await snapshot(scene)).toEqual(before);
    expect((await toldOf(scene))[0]).toMatch(
      /went back to commit 0; its live state was written again: 4 tasks/,
    );

    // What ran goes on with its token, and what waited starts with its payload.
    await running.worker.succeed(running.delivery);
    await scene.untilState("t-running", "succeeded");
    await user.ask(lift("h-1"));
    expect((await running.worker.delivery("t-waiting")).payload).toEqual(submission("t-waiting").payload);
  });

  test("has the payloads again, also of tasks that its owner found when it began", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    await user.ask(hold("h-1"));
    await user.ask(submit("t-1"));
    await scene.cut();
    const read = Promise.withResolvers<void>();
    const { store } = scene.watched;
    const payloads: Store["payloads"] = async (...asked) => {
      const answer = await store.payloads(...asked);
      if (answer.has("t-1")) read.resolve();
      return answer;
    };
    const later = { owner: "owner-2", clock: () => Date.now() + 60_000 };
    await scene.dispatcher({ ...later, store: withOverrides(store, { payloads }) }).start();
    await read.promise;
    const worker = await scene.worker();
    await scene.forgetful.forgetEverything();
    await user.ask(lift("h-1"));
    expect((await worker.delivery("t-1")).payload).toEqual(submission("t-1").payload);
  });

  test("has tasks again that its owner found alive when it began, and that ended since", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    await worker.ask({ type: "target.put", target: "web-2", policy: {}, tags: [] });
    await worker.ask(submit("t-1"));
    // One of its legs ends before, the other one after.
    await worker.ask(submit("t-2", { targets: ["web-1", "web-2"] }));
    const first = await worker.delivery("t-1");
    await worker.succeed(await worker.delivery("t-2"));
    await scene.cut();
    await scene.dispatcher({ owner: "owner-2", clock: () => Date.now() + 60_000 }).start();
    await worker.succeed(first);
    await worker.ask({ type: "cancel", task: "t-2", by: "ada", reason: "" });
    await scene.untilState("t-1", "succeeded");
    const before = [await scene.store.task(space, "t-1"), await scene.store.task(space, "t-2")];
    await scene.forgetful.forgetEverything();
    await worker.ask(hold("h-1"));
    expect([await scene.store.task(space, "t-1"), await scene.store.task(space, "t-2")]).toEqual(before);
    expect(before.map((stored) => stored?.task.status.endedAt)).not.toContain(null);
  });

  test("does not run a task again that has ended, when it is enqueued again with its key", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    await worker.ask(submit("k-1", { digest: "abc" }));
    await worker.succeed(await worker.delivery("k-1"));
    await scene.untilState("k-1", "succeeded");
    await scene.forgetful.forgetEverything();
    // The store knows nothing of it at this moment, and nobody has noticed that.
    const [again] = await worker.send(submit("k-1", { digest: "abc" }));
    expect(await worker.reply(again!)).toMatchObject({ type: "submitted", existing: true });
    expect(await scene.stateOf("k-1")).toBe("succeeded");
    expect(worker.deliveries).toHaveLength(1);
  });

  test("says what is lost: payloads that were not in memory; such tasks are canceled with an OOPS", async () => {
    const settings = { ...noRecent, payloadCacheBytes: 0 };
    const scene = await DispatcherScene.open({ settings });
    const worker = await scene.worker();
    await worker.ask(hold("h-1"));
    await worker.ask(submit("t-1", { kind: "deploy" }));
    await worker.ask(hold("h-2"));
    await scene.forgetful.forgetEverything();
    await worker.ask(lift("h-2"));
    await scene.logged("OOPS StoreWentBackwards");
    expect((await toldOf(scene))[0]).toContain("1 of them have lost what they are to run");
    expect(await scene.stateOf("t-1")).toBe("waiting");
    await worker.ask(lift("h-1"));
    await worker.until(() => worker.orders.some(({ type }) => type === "cancel"));
    const [order] = worker.orders;
    if (order?.type !== "cancel") throw new Error("the session was told something else");
    await worker.ask({ type: "decline", session: worker.session, leg: order.leg, token: order.token });
    expect(await scene.stateOf("t-1")).toBe("canceled");
    const oops = (await scene.oops()).filter(({ type }) => type === "PayloadLost");
    expect(oops).toMatchObject([{ task: "t-1", consequence: "canceled" }]);
    expect(worker.deliveries).toEqual([]);
  });
});

describe("a store that loses more than what is kept of the last commits", () => {
  test("has the live state again, and nothing comes back to life", async () => {
    const scene = await DispatcherScene.open({ settings: noRecent });
    const worker = await scene.worker();
    await worker.ask(hold("h-lifted", { targets: ["nowhere"] }));
    await worker.ask({ type: "target.put", target: "gone", policy: {}, tags: [] });
    await worker.ask(submit("t-ended"));
    await worker.ask(submit("t-running"));
    await worker.report(await worker.delivery("t-running"), { type: "started" });
    const written = scene.forgetful.written;
    await worker.succeed(await worker.delivery("t-ended"));
    await worker.ask(lift("h-lifted"));
    await worker.ask({ type: "target.remove", target: "gone" });
    await worker.ask(submit("t-new", { notBefore: Date.now() + 3_600_000 }));
    await scene.untilState("t-running", "running");
    const before = await scene.store.load(space);
    await scene.forgetful.forgetSince(written);
    await worker.ask(submit("t-after", { notBefore: Date.now() + 3_600_000 }));
    await scene.logged("OOPS StoreWentBackwards");
    const { tasks, ...others } = await scene.store.load(space);
    expect(tasks.map(({ id }) => id)).toEqual(["t-new", "t-after", "t-running"]);
    expect(others).toMatchObject({ holds: before.holds, targets: before.targets, sessions: before.sessions });
    // It had ended, and nobody can say any more how.
    expect(await scene.stateOf("t-ended")).toBe("failed");
    expect((await scene.store.task(space, "t-ended"))?.legs[0]?.reason).toContain("its result is lost");
    expect((await toldOf(scene))[0]).toContain("1 had ended, nobody knows how, and are failed now");
    await worker.succeed(await worker.delivery("t-running"));
    await scene.untilState("t-running", "succeeded");
    expect(worker.deliveries.map(({ task }) => task)).toEqual(["t-ended", "t-running"]);
  });
});

test("a task of which only the end is among what is kept has ended with all its legs, as they did", async () => {
  // Enough for the commit that ended it, and not for those before.
  const scene = await DispatcherScene.open({ settings: { recentCommitBytes: 3600 } });
  const user = await scene.user("ada");
  await user.ask({ type: "target.put", target: "web-2", policy: {}, tags: [] });
  await user.ask(hold("h-1", { targets: ["web-2"] }));
  const worker = await scene.worker("web-1", "web-2");
  await user.ask(submit("t-1", { targets: ["web-1", "web-2"] }));
  const first = await worker.delivery("t-1");
  await worker.report(first, { type: "started" });
  await scene.untilState("t-1", "running");
  const { written } = scene.forgetful;
  await worker.succeed(first);
  await scene.untilState("t-1", "waiting");
  await user.ask({ type: "cancel", task: "t-1", by: "ada", reason: "" });
  await scene.forgetful.forgetSince(written);
  await user.ask({ type: "explain", task: "t-1" });
  await scene.logged("OOPS StoreWentBackwards");
  const task = await scene.store.task(space, "t-1");
  expect(task?.task.status.state).toBe("canceled");
  expect(task?.legs).toMatchObject([
    { state: "succeeded" },
    { state: "canceled", reason: "canceled by ada" },
  ]);
  expect((await scene.store.load(space)).legs).toEqual([]);
});

describe("what is decided while the store is made whole", () => {
  test("leaves only after it is", async () => {
    const scene = await DispatcherScene.open({ settings: noRecent });
    const user = await scene.user("ada");
    await user.ask(submit("t-1"));
    await user.ask(submit("t-2"));
    const staged = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    scene.watched.stageRule = async (_part, pass) => {
      staged.resolve();
      await go.promise;
      return pass();
    };
    await scene.forgetful.forgetEverything();
    const [third] = await user.send(submit("t-3"));
    await staged.promise;
    const from = scene.journal.entries.length;
    const [fourth] = await user.send(submit("t-4"));
    await scene.journal.until(() => scene.journal.entries.slice(from).some(({ type }) => type === "took"));
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    const left = scene.journal.entries.slice(from).map(({ type }) => type);
    expect(left.filter((type) => type !== "took")).toEqual([]);
    go.resolve();
    await Promise.all([user.reply(third!), user.reply(fourth!)]);
    expect(await scene.store.taskCounts(space)).toEqual({ waiting: 4 });
  });
});

const quickGraces = { engine: { cancelGraceMs: 1, cancelMarginMs: 1 } };

interface Story {
  readonly user: InboxUser;
  readonly running: { worker: InboxWorker; delivery: Awaited<ReturnType<InboxWorker["delivery"]>> };
}

/** One of everything that a space can hold. */
async function tellStory(scene: DispatcherScene): Promise<Story> {
  const user = await scene.user("ada");
  const policy = { modes: { runbook: "shared" } } as const;
  await user.ask({ type: "target.put", target: "web-2", policy, tags: ["shop"] });
  const worker = await scene.worker("web-1", "web-2");
  await worker.ask(submit("t-ended", { digest: "abc" }));
  const ended = await worker.delivery("t-ended");
  const line = { number: 1, stream: "stdout", at: 1, text: "hello" } as const;
  await worker.report(ended, { type: "progress", output: [line] });
  await worker.succeed(ended);
  await worker.ask(submit("t-parked", { kind: "deploy" }));
  const failure = { type: "Lost", value: "nobody knows", text: null };
  await worker.report(await worker.delivery("t-parked"), { type: "lost", failure });
  await worker.ask(submit("t-left", { mutex: "left" }));
  await worker.report(await worker.delivery("t-left"), { type: "started" });
  await worker.ask({ type: "cancel", task: "t-left", by: "ada", reason: "" });
  await scene.untilState("t-left", "canceled");
  await worker.ask(submit("t-running", { kind: "deploy", targets: ["web-2"] }));
  const delivery = await worker.delivery("t-running");
  await worker.report(delivery, { type: "started" });
  await worker.ask(submit("t-granted", { targets: ["web-1"], mutex: "other" }));
  await worker.delivery("t-granted");
  await worker.ask(hold("h-1", { targets: ["web-1"] }));
  await worker.ask(submit("t-waiting"));
  await scene.untilState("t-running", "running");
  return { user, running: { worker, delivery } };
}

/** All that can be read of the space, except what tells of the setback itself. */
async function snapshot(scene: DispatcherScene) {
  const { store } = scene;
  const ids = ["t-ended", "t-parked", "t-left", "t-running", "t-granted", "t-waiting"];
  const page = await store.tasks(space, { sort: "oldest", cursor: null, limit: 100 });
  const oops = (await scene.oops()).filter(({ type }) => type !== "StoreWentBackwards");
  return {
    live: sorted(await store.load(space)),
    tasks: page.items,
    payloads: await store.payloads(space, ids),
    digests: await store.digests(space, ids),
    log: (await store.log(space, "t-ended", { after: 0, limit: 9 })).lines.map(({ text }) => text),
    oops: oops.toSorted((one, other) => (one.id < other.id ? -1 : 1)),
  };
}

function sorted({ tasks, legs, ...others }: LiveRecords) {
  const byId = (one: { readonly id: string }, other: { readonly id: string }): number =>
    one.id < other.id ? -1 : 1;
  return { ...others, tasks: tasks.toSorted(byId), legs: legs.toSorted(byId) };
}
