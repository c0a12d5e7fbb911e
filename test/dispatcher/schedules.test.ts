import type { Payload, ScheduledTask } from "@berth/protocol";
import { describe, expect, test } from "vitest";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submission } from "../support/dispatcher/scene.ts";

const start = Date.parse("2031-05-06T07:00:00Z");
const everyMs = 60_000;

function payload(text: string): Payload {
  return { ...submission("x").payload, script: { interpreter: "bash", text, arguments: [] } };
}

function scheduled(text: string): ScheduledTask {
  const { id: _id, notBefore: _notBefore, queueExpiresAt: _expiresAt, ...work } = submission("x");
  return { ...work, payload: payload(text), queueExpiryMs: null };
}

function put(text: string) {
  const times = { type: "every" as const, everyMs, anchorAt: start };
  const rest = { missed: "skip", overlap: "queue", paused: false, owner: "ann" } as const;
  return {
    type: "schedule.put" as const,
    schedule: "nightly",
    spec: { times, ...rest, task: scheduled(text) },
  };
}

/** A space with the schedule, whose time only the test moves. */
async function openWithSchedule() {
  const time = { now: start };
  const scene = await DispatcherScene.open({ clock: () => time.now });
  const user = await scene.user("ada");
  expect(await user.ask(put("echo first"))).toEqual({ type: "done" });
  return { scene, user, time };
}

describe("a task that a schedule enqueues", () => {
  const task = `nightly:${start + everyMs}`;

  test("runs what its schedule says, and is stored with it in the same commit", async () => {
    const { scene, user, time } = await openWithSchedule();
    const worker = await scene.worker();
    time.now = start + everyMs;
    await user.ask({ type: "semaphores" });
    expect(await worker.delivery(task)).toMatchObject({ task, payload: payload("echo first"), step: null });
    const ofTask = scene.journal.commits.find(({ changes }) =>
      changes.some(({ type }) => type === "task.added"),
    );
    expect(ofTask?.changes).toContainEqual({
      type: "payload",
      task,
      payload: JSON.stringify(payload("echo first")),
    });
    expect((await scene.store.task(space, task))?.task.schedule).toBe("nightly");
  });

  test("runs what its schedule said when its time came, also if the same batch changes the schedule", async () => {
    const { scene, user, time } = await openWithSchedule();
    time.now = start + everyMs;
    expect(await user.ask(put("echo second"))).toEqual({ type: "done" });
    time.now = start + 2 * everyMs;
    expect(await user.ask({ type: "schedule.remove", schedule: "nightly" })).toEqual({ type: "done" });
    const next = `nightly:${start + 2 * everyMs}`;
    const stored = await scene.store.payloads(space, [task, next]);
    expect([...stored].map(([id, text]) => [id, JSON.parse(text).script.text])).toEqual([
      [task, "echo first"],
      [next, "echo second"],
    ]);
  });

  test("is delivered with its payload by the next owner, too", async () => {
    const { scene, user, time } = await openWithSchedule();
    time.now = start + everyMs;
    await user.ask({ type: "semaphores" });
    await scene.cut();
    // Past the lease of the owner that is gone, and before the next time of the schedule.
    await scene.dispatcher({ owner: "owner-2", clock: () => time.now + 20_000 }).start();
    const worker = await scene.worker();
    expect((await worker.delivery(task)).payload).toEqual(payload("echo first"));
  });
});

test("a schedule goes on under the next owner", async () => {
  const { scene } = await openWithSchedule();
  const [schedule] = await scene.store.schedules(space);
  expect(schedule).toMatchObject({ id: "nightly", owner: "ann", nextAt: start + everyMs, lastTask: null });
});

test("a cron expression that cannot be read is refused, with what was expected", async () => {
  const scene = await DispatcherScene.open();
  const user = await scene.user("ada");
  const { spec } = put("true");
  const times = { type: "cron", expression: "61 * * * *", timeZone: "UTC" } as const;
  expect(await user.ask({ type: "schedule.put", schedule: "nightly", spec: { ...spec, times } })).toEqual({
    ...{ type: "refused", code: "schedule_invalid" },
    message: expect.stringMatching(/cron "61 \* \* \* \*" cannot be read; expected minute, hour/),
  });
});
