import { expect, test } from "vitest";
import { startScene } from "../support/tentacle-scene.ts";

const module = new URL("./modules/handlers.ts", import.meta.url);
const handlers = {
  spin: { module },
  ...Object.fromEntries(
    ["greet", "exitCode", "sayNo", "breakDown", "vanish", "eatMemory", "untilAborted", "missing"].map(
      (name) => [name, { module, export: name }],
    ),
  ),
};

test("a handler in a thread gets what the task gives it, and all that it prints is in the log", async () => {
  const { dispatcher } = await startScene({ handlers });
  const delivery = await dispatcher.handler("greet", { payload: { variables: { Colour: "red" } } });
  expect((await dispatcher.reported(delivery, "finished")).outcome.type).toBe("succeeded");
  expect(dispatcher.text(delivery).sort()).toEqual([
    "from console.log",
    `hello shop, red, ${delivery.token}`,
  ]);
  expect(dispatcher.text(delivery, "stderr")).toEqual(["from console.error"]);
});

test.each([
  ["exitCode", { type: "failed", exitCode: 9, message: "exit code 9" }],
  ["sayNo", { type: "failed", exitCode: 4, message: "the shop is closed" }],
  ["breakDown", { type: "error", failure: { type: "RangeError", value: "out of shops" } }],
  ["missing", { type: "error", failure: { type: "TypeError", value: expect.stringContaining('"missing"') } }],
  [
    "vanish",
    { type: "error", failure: { type: "HandlerCrashed", value: expect.stringContaining("code 0") } },
  ],
])("the outcome of the handler %s comes out of its thread", async (name, expected) => {
  const { dispatcher } = await startScene({ handlers });
  const delivery = await dispatcher.handler(name);
  expect((await dispatcher.reported(delivery, "finished")).outcome).toMatchObject(expected);
});

test("a handler that runs out of memory crashes alone", async () => {
  const { dispatcher } = await startScene({
    handlers: { eatMemory: { module, export: "eatMemory", memoryMiBMax: 32 } },
  });
  const delivery = await dispatcher.handler("eatMemory");
  expect((await dispatcher.reported(delivery, "finished")).outcome).toMatchObject({
    type: "error",
    failure: { type: "HandlerCrashed" },
  });
});

test("heartbeats go on while a handler computes, and it can be ended all the same", async () => {
  const { dispatcher } = await startScene({ handlers, leaseMs: 4_500 });
  const delivery = await dispatcher.deliver({ payload: { handler: { name: "spin", input: 3_600_000 } } });
  await dispatcher.reported(delivery, "started");
  const beats = dispatcher.ofType("session.beat").length;
  await dispatcher.seen("session.beat", beats + 2);
  expect(dispatcher.ofType("session.open")).toHaveLength(1);
  await dispatcher.cancel(delivery, 10);
  expect((await dispatcher.reported(delivery, "finished")).outcome).toEqual({ type: "canceled" });
});

test("a handler in a thread hears of a cancel through its signal", async () => {
  const { dispatcher } = await startScene({ handlers });
  const delivery = await dispatcher.handler("untilAborted");
  await dispatcher.said(delivery, "ready");
  await dispatcher.cancel(delivery, 60_000);
  expect((await dispatcher.reported(delivery, "finished")).outcome).toEqual({ type: "canceled" });
  expect(dispatcher.text(delivery)).toContain("aborted: cancelled: no need");
});
