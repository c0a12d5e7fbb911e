import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { isLiving } from "../support/processes.ts";
import { startScene } from "../support/tentacle-scene.ts";

test("a cancelled script gets TERM, and may clean up", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script(
    'trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.05; done',
  );
  await dispatcher.said(delivery, "ready");
  await dispatcher.cancel(delivery, 60_000);
  expect(await dispatcher.reported(delivery, "finished")).toEqual({
    type: "finished",
    outcome: { type: "canceled" },
  });
  expect(dispatcher.text(delivery)).toEqual(["ready", "bye"]);
  expect(dispatcher.text(delivery, "berth")).toEqual(["cancelled: no need"]);
});

test("a script that ends cleanly because of a cancel was canceled all the same", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script('trap "exit 0" TERM; echo ready; while :; do sleep 0.05; done');
  await dispatcher.said(delivery, "ready");
  await dispatcher.cancel(delivery, 60_000);
  expect((await dispatcher.reported(delivery, "finished")).outcome).toEqual({ type: "canceled" });
});

test("a script that ignores TERM is killed with all that it has started when the grace is over", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script(
    'trap "" TERM; (trap "" TERM; while :; do sleep 1; done) & echo $!; echo ready; while :; do sleep 1; done',
  );
  await dispatcher.said(delivery, "ready");
  await dispatcher.cancel(delivery, 50);
  expect((await dispatcher.reported(delivery, "finished")).outcome).toEqual({ type: "canceled" });
  const child = Number(dispatcher.text(delivery)[0]);
  await eventually("its child is gone", () => !isLiving(child));
});

test("a second cancel with less grace shortens the first", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script('trap "" TERM; echo ready; while :; do sleep 0.05; done');
  await dispatcher.said(delivery, "ready");
  await dispatcher.cancel(delivery, 3_600_000);
  await dispatcher.cancel(delivery, 10);
  expect((await dispatcher.reported(delivery, "finished")).outcome).toEqual({ type: "canceled" });
});

test("a cancel that comes when the script has just ended changes nothing", async () => {
  const { dispatcher } = await startScene();
  // What it leaves behind holds its output open, so that its end is not reported at once.
  const delivery = await dispatcher.script("echo $$; setsid sleep 2 & exit 5");
  const pid = Number(await dispatcher.until(() => dispatcher.text(delivery)[0]));
  await eventually("the script has ended", () => !isLiving(pid));
  await dispatcher.cancel(delivery, 0);
  expect((await dispatcher.reported(delivery, "finished")).outcome).toMatchObject({ exitCode: 5 });
});

test("a script that takes longer than it may is ended as timed out", async () => {
  const { dispatcher } = await startScene({ timeoutGraceMs: 60_000 });
  const delivery = await dispatcher.script("echo begun; sleep 1000", { timeoutMs: 300 });
  expect((await dispatcher.reported(delivery, "finished")).outcome).toEqual({ type: "timed-out" });
  expect(dispatcher.text(delivery, "berth")).toEqual(["timed out after 300 ms"]);
});

test("a script that ignores the end of its time is killed", async () => {
  const { dispatcher } = await startScene({ timeoutGraceMs: 50 });
  const delivery = await dispatcher.script('trap "" TERM; while :; do sleep 0.05; done', { timeoutMs: 100 });
  expect((await dispatcher.reported(delivery, "finished")).outcome).toEqual({ type: "timed-out" });
});

test("a timeout longer than a timer of Node can be does not fire at once", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script("sleep 0.1; exit 0", { timeoutMs: 300 * 24 * 3_600_000 });
  expect((await dispatcher.reported(delivery, "finished")).outcome.type).toBe("succeeded");
});

test("a report that is refused as stale ends the script, and nothing more is said of it", async () => {
  const { dispatcher, log } = await startScene();
  dispatcher.answer = (item) =>
    item.type === "report" && item.report.type === "progress"
      ? { type: "refused", code: "stale_token", message: "leg t-1/web-1 has another token now" }
      : undefined;
  const delivery = await dispatcher.script("echo $$; sleep 1000");
  const pid = Number(await dispatcher.until(() => dispatcher.text(delivery)[0]));
  await eventually("the script is gone", () => !isLiving(pid));
  expect(dispatcher.reports(delivery).map(({ type }) => type)).toEqual(["started", "progress"]);
  expect(log.find(({ msg }) => msg === "the server has refused a report")).toMatchObject({
    level: 40,
    code: "stale_token",
    leg: delivery.leg,
  });
});
