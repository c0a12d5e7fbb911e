import { setImmediate } from "node:timers/promises";
import type { Commit } from "@berth/store";
import { describe, expect, test } from "vitest";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submit } from "../support/dispatcher/scene.ts";
import { Gate } from "../support/dispatcher/watched-ports.ts";
import { sentTooEarly } from "../support/laws/durable-first.ts";

describe("while a commit is under way", () => {
  test("nothing is sent and nothing acknowledged that rests on it; afterwards all is", async () => {
    expect(await sentTooEarly(await DispatcherScene.open())).toEqual([]);
  });

  test("what comes in meanwhile gathers for few commits, in its order", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    const gate = new Gate();
    scene.watched.rule = gate.rule;
    await user.send(submit("t-0"));
    await gate.reached;
    const before = scene.journal.commits.length;
    const taken = scene.journal.ofType("took").length;
    const ids = Array.from({ length: 50 }, (_, index) => `t-${index + 1}`);
    for (const id of ids) await user.send(submit(id));
    await scene.journal.until(() => scene.journal.ofType("took").length === taken + ids.length);
    gate.open();
    await user.until(() => user.replies.size === ids.length + 1);
    const commits = scene.journal.commits.slice(before);
    // One may be decided while the one before is committed; all others wait for that.
    expect(commits.length).toBeLessThanOrEqual(2);
    expect(commits.flatMap(tasksAdded)).toEqual(ids);
  });

  test("nothing leaves before that, although the batches after it are stored already", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    const gate = new Gate();
    scene.watched.rule = async (commit, pass) => {
      const outcome = await pass();
      scene.watched.rule = (_next, passNext) => passNext();
      await gate.rule(commit, () => Promise.resolve(outcome));
      return outcome;
    };
    const [first] = await user.send(submit("t-1"));
    await gate.reached;
    const from = scene.journal.entries.length;
    const [second] = await user.send(submit("t-2"));
    await scene.untilState("t-2", "waiting");
    for (let turn = 0; turn < 50; turn += 1) await setImmediate();
    const left = scene.journal.entries.slice(from).map(({ type }) => type);
    expect(left).not.toContain("published");
    expect(left).not.toContain("acked");
    gate.open();
    await Promise.all([user.reply(first!), user.reply(second!)]);
    expect([...user.replies.keys()]).toEqual([first, second]);
  });

  test("a batch takes no more messages than it may, and the rest follows in order", async () => {
    const scene = await DispatcherScene.open({ settings: { batchMessagesMax: 2 } });
    const user = await scene.user("ada");
    const gate = new Gate();
    scene.watched.rule = gate.rule;
    await user.send(submit("t-0"));
    await gate.reached;
    const before = scene.journal.commits.length;
    for (const id of ["t-1", "t-2", "t-3"]) await user.send(submit(id));
    gate.open();
    await user.until(() => user.replies.size === 4);
    const batches = scene.journal.commits.slice(before).map(tasksAdded);
    expect(batches.flat()).toEqual(["t-1", "t-2", "t-3"]);
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(2);
  });
});

test("what changes nothing is answered after a commit too, since only that shows who owns the space", async () => {
  const scene = await DispatcherScene.open();
  const worker = await scene.worker();
  const gate = new Gate();
  scene.watched.rule = gate.rule;
  const [beat] = await worker.send({ type: "session.beat", session: worker.session });
  await gate.reached;
  const from = scene.journal.entries.length;
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
  expect(scene.journal.entries.slice(from).map(({ type }) => type)).toEqual([]);
  expect(scene.journal.commits.at(-1)?.changes).toEqual([]);
  gate.open();
  expect(await worker.reply(beat!)).toMatchObject({ type: "beat" });
});

test("a task that changes several times in one batch is written once, as it is in the end", async () => {
  const scene = await DispatcherScene.open();
  const user = await scene.user("ada");
  const before = scene.journal.commits.length;
  const [, cancel] = await user.send(submit("t-1"), { type: "cancel", task: "t-1", by: "ada", reason: "" });
  expect(await user.reply(cancel!)).toMatchObject({ type: "cancelled", ended: true });
  const [commit] = scene.journal.commits.slice(before);
  expect(commit?.changes.filter(({ type }) => type.startsWith("task"))).toHaveLength(1);
  expect((await scene.store.task(space, "t-1"))?.task.status.state).toBe("canceled");
});

function tasksAdded({ changes }: Commit): string[] {
  return changes.flatMap((change) => (change.type === "task.added" ? [change.task.id] : []));
}
