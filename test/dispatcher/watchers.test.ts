import { describe, expect, test } from "vitest";
import { DispatcherScene, submit } from "../support/dispatcher/scene.ts";

const hourMs = 3_600_000;

describe("whoever watches a task", () => {
  test("is told of each change of its state, once it is stored", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    const user = await scene.user("ada");
    await user.ask({ type: "watch", task: "t-1", until: Date.now() + hourMs });
    await user.ask(submit("t-1"));
    const delivery = await worker.delivery("t-1");
    await worker.report(delivery, { type: "started" });
    await user.until(() => user.notices.length === 2);
    await worker.succeed(delivery);
    await user.until(() => user.notices.length === 3);
    expect(user.notices).toEqual([
      { task: "t-1", state: "granted", log: false },
      { task: "t-1", state: "running", log: false },
      { task: "t-1", state: "succeeded", log: false },
    ]);
  });

  test("is told when the log grows, in one notice with what else has changed", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    const user = await scene.user("ada");
    await user.ask(submit("t-1"));
    const delivery = await worker.delivery("t-1");
    await user.ask({ type: "watch", task: "t-1", until: Date.now() + hourMs });
    const line = (number: number) => ({ number, stream: "stdout", at: Date.now(), text: "hello" }) as const;
    await worker.report(delivery, { type: "progress", output: [line(1), line(2)] });
    await user.until(() => user.notices.length === 1);
    const { task, leg, attempt, token } = delivery;
    const report = { type: "report", session: worker.session, task, leg, attempt, token } as const;
    await worker.send(
      { ...report, report: { type: "progress", output: [line(3)] } },
      { ...report, report: { type: "finished", outcome: { type: "succeeded", exitCode: 0 } } },
    );
    await user.until(() => user.notices.length === 2);
    expect(user.notices).toEqual([
      { task: "t-1", state: null, log: true },
      { task: "t-1", state: "succeeded", log: true },
    ]);
  });

  test("hears of no other task, and others do not hear of this one", async () => {
    const scene = await DispatcherScene.open();
    const [ada, bob] = [await scene.user("ada"), await scene.user("bob")];
    await ada.ask({ type: "watch", task: "t-1", until: Date.now() + hourMs });
    await bob.ask({ type: "watch", task: "t-2", until: Date.now() + hourMs });
    await ada.ask(submit("t-1"));
    await ada.until(() => ada.notices.length === 1);
    await bob.ask(submit("t-2"));
    await bob.until(() => bob.notices.length === 1);
    expect(ada.notices).toEqual([{ task: "t-1", state: "waiting", log: false }]);
    expect(bob.notices).toEqual([{ task: "t-2", state: "waiting", log: false }]);
  });

  test("is told once, however often it asked, and no more when its time is over", async () => {
    let now = Date.now();
    const scene = await DispatcherScene.open({ clock: () => now });
    const user = await scene.user("ada");
    for (const task of ["t-1", "t-1", "t-2"]) {
      await user.ask({ type: "watch", task, until: task === "t-1" ? now + 1000 : now + hourMs });
    }
    await user.ask(submit("t-1"));
    await user.until(() => user.notices.length === 1);
    now += 1000;
    await user.ask({ type: "cancel", task: "t-1", by: "ada", reason: "" });
    // It is told in the order of the commits, so nothing of the one before can be on its way.
    await user.ask(submit("t-2"));
    await user.until(() => user.notices.some(({ task }) => task === "t-2"));
    expect(user.notices.map(({ task, state }) => [task, state])).toEqual([
      ["t-1", "waiting"],
      ["t-2", "waiting"],
    ]);
  });

  test("may be gone: nobody else has to wait for that", async () => {
    const scene = await DispatcherScene.open();
    const [ada, bob] = [await scene.user("ada"), await scene.user("bob")];
    await ada.ask({ type: "watch", task: "t-1", until: Date.now() + hourMs });
    await bob.broker.deleteQueue(ada.queue);
    expect(await bob.ask(submit("t-1"))).toMatchObject({ type: "submitted" });
  });
});
