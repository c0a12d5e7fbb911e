// The command as a process of its own: what cannot be seen from inside.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, forever, taskEvent } from "../support/canned-api.ts";
import { aClearance, aLine, aTask } from "../support/views.ts";

const main = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
let api: CannedApi;

beforeEach(async () => {
  api = await CannedApi.start();
});
afterEach(() => api.stop());

function start(...commandArguments: string[]) {
  const env = { ...process.env, BERTH_URL: api.url, BERTH_SPACE: "default" };
  const child = spawn(process.execPath, [main, ...commandArguments], { env });
  child.stderr.setEncoding("utf8");
  return child;
}

describe("the process", () => {
  test("ends with 130 on ^C while it waits, and the task is left alone", async () => {
    api.log("t-1", []).events("t-1", async function* () {
      yield taskEvent("running");
      await forever;
    });
    const child = start("wait", "t-1");
    let text = "";
    child.stderr.on("data", (chunk: string) => {
      text += chunk;
      if (text === "[running]\n") child.kill("SIGINT");
    });
    const [exitCode] = await once(child, "close");
    expect(exitCode).toBe(130);
    expect(text).toBe("[running]\nStopped waiting. Task t-1 goes on; follow it again with: berth wait t-1\n");
  });

  test("ends by itself when everything is told", async () => {
    api
      .log("t-1", [aLine(1, "hello")], { complete: true })
      .events("t-1", () => [taskEvent("running"), taskEvent("failed")])
      .answer("GET /v1/default/tasks/t-1", aTask({ state: "failed" }));
    const child = start("wait", "t-1", "--json");
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    const [exitCode] = await once(child, "close");
    expect(exitCode).toBe(1);
    expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({ id: "t-1", state: "failed" });
  });

  test("ends as soon as it is safe, and not with its next look", async () => {
    const clear = aClearance({ isClear: true, running: [] });
    api
      .answer("GET /v1/default/clearance", aClearance(), clear)
      .events("t-1", () => [taskEvent("running"), taskEvent("succeeded")]);
    const child = start("safe", "--wait", "--json");
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    const [exitCode] = await once(child, "close");
    expect(exitCode).toBe(0);
    expect(JSON.parse(Buffer.concat(chunks).toString())).toEqual(clear);
  });

  test("does not complain when its reader has seen enough", async () => {
    const tasks = Array.from({ length: 1000 }, (_, index) => aTask({ id: `t-${index}` }));
    api.answer("GET /v1/default/tasks", { items: tasks, next: null });
    const child = start("tasks", "--limit", "1000");
    child.stdout.once("data", () => child.stdout.destroy());
    let text = "";
    child.stderr.on("data", (chunk: string) => {
      text += chunk;
    });
    await once(child, "close");
    expect(text).toBe("");
  });
});
