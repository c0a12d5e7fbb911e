import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { isLiving } from "../support/processes.ts";
import { space } from "../support/scripted-dispatcher.ts";
import { prepareScene, startScene } from "../support/tentacle-scene.ts";

test("a stop waits for what runs, reports it as it was, and closes the session last", async () => {
  const { dispatcher, tentacle, workspace } = await startScene();
  const delivery = await dispatcher.script('echo "$PWD"; until [ -e go ]; do sleep 0.05; done');
  const folder = await dispatcher.until(() => dispatcher.text(delivery)[0]);
  const stopped = tentacle.stop({ deadlineMs: 3_600_000 });
  await dispatcher.seen("session.drain");
  await writeFile(join(folder, "go"), "");
  await stopped;
  expect(await tentacle.ended).toEqual({ error: null });
  expect((await dispatcher.reported(delivery, "finished")).outcome.type).toBe("succeeded");
  await dispatcher.seen("session.close");
  const types = dispatcher.items.map(({ type }) => type).filter((type) => type !== "session.beat");
  expect(types.indexOf("session.drain")).toBeLessThan(types.lastIndexOf("report"));
  expect(types.at(-1)).toBe("session.close");
  await expect(access(join(workspace, "lock"))).rejects.toThrow("ENOENT");
});

test("what comes while it drains is given back, and acknowledged", async () => {
  const { dispatcher, tentacle, broker } = await startScene({ handlers: { wait } });
  const running = await dispatcher.handler("wait");
  await dispatcher.reported(running, "started");
  // The server takes its time, so deliveries that it has sent before it knew still come.
  dispatcher.answer = (item) => (item.type === "session.drain" ? null : undefined);
  const stopped = tentacle.stop({ deadlineMs: 3_600_000 });
  const drain = await dispatcher.seen("session.drain");
  const late = await dispatcher.handler("wait");
  expect(await dispatcher.reported(late, "rejected")).toEqual({ type: "rejected", reason: "draining" });
  const others = await dispatcher.handler("wait", { session: "another-session" });
  await dispatcher.replyTo(drain, { type: "done" });
  await eventually("what is of others is back in the queue, and nobody consumes it", async () => {
    const queue = dispatcher.names.target(space, "web-1");
    return (await dispatcher.consumers(queue)) === 0 && (await dispatcher.waiting(queue)) === 1;
  });
  expect(dispatcher.ofType("claim")).toEqual([]);
  await dispatcher.cancel(running, 0);
  await stopped;
  await broker.stop();
  expect(await dispatcher.waiting(dispatcher.names.target(space, "web-1"))).toBe(1);
  expect(dispatcher.reports(others)).toEqual([]);
});

function wait({ signal }: { signal: AbortSignal }): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

test("at the deadline what still runs is ended and reported as lost", async () => {
  const { dispatcher, tentacle } = await startScene({ handlers: { wait }, stopGraceMs: 100 });
  const script = await dispatcher.script('trap "" TERM; echo $$; while :; do sleep 0.05; done');
  const handler = await dispatcher.handler("wait");
  const pid = Number(await dispatcher.until(() => dispatcher.text(script)[0]));
  await tentacle.stop({ deadlineMs: 50 });
  expect(isLiving(pid)).toBe(false);
  for (const delivery of [script, handler]) {
    expect(await dispatcher.reported(delivery, "lost")).toMatchObject({
      failure: { type: "TentacleStopped" },
    });
  }
  await dispatcher.seen("session.close");
});

test("a handler that does not end at the deadline is not reported, nor is the session closed", async () => {
  let end = () => {};
  const stubborn = () =>
    new Promise<void>((resolve) => {
      end = resolve;
    });
  const { dispatcher, tentacle } = await startScene({ handlers: { stubborn }, stopGraceMs: 50 });
  const delivery = await dispatcher.handler("stubborn");
  await dispatcher.reported(delivery, "started");
  await tentacle.stop({ deadlineMs: 0 });
  end();
  expect(dispatcher.reports(delivery).map(({ type }) => type)).not.toContain("lost");
  expect(dispatcher.ofType("session.close")).toEqual([]);
});

test("a stop without a server that answers ends all the same", async () => {
  const { dispatcher, tentacle } = await startScene();
  dispatcher.answer = () => null;
  await tentacle.stop({ deadlineMs: 100 });
  expect(await tentacle.ended).toEqual({ error: null });
});

test("start and stop can be called again, which does nothing", async () => {
  const { dispatcher, tentacle } = await startScene();
  await tentacle.start();
  expect(dispatcher.ofType("session.open")).toHaveLength(1);
  await Promise.all([tentacle.stop(), tentacle.stop()]);
  expect(dispatcher.ofType("session.close")).toHaveLength(1);
});

test("a stop ends a start that waits for the server", async () => {
  const { dispatcher, tentacle } = await prepareScene();
  dispatcher.answer = () => null;
  const started = tentacle.start();
  await dispatcher.seen("session.open");
  await tentacle.stop();
  await started;
  expect(await tentacle.ended).toEqual({ error: null });
});
