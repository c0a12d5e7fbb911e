import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, cut, ok, refused } from "../support/canned-api.ts";
import { createFolder, removeFolder } from "../support/temporary-folder.ts";
import { now } from "../support/views.ts";
import { berth, jsonOf } from "./berth.ts";

let api: CannedApi;
const route = "POST /v1/default/tasks";
const enqueued = { id: "t-1", existing: false, joined: null };

let folder: string;

beforeEach(async () => {
  folder = await createFolder("cli");
  api = await CannedApi.start();
  api.answer(route, enqueued);
});
afterEach(async () => {
  await api.stop();
  await removeFolder(folder);
});

/** A file that holds the text. */
async function fileOf(text: string): Promise<string> {
  const file = join(folder, "given");
  await writeFile(file, text);
  return file;
}

async function bodyOf(...options: string[]): Promise<Record<string, unknown>> {
  const ran = await berth({ url: api.url, stdin: "echo from stdin" }, "enqueue", ...options);
  expect(ran.err).toEqual([]);
  const { idempotencyKey, ...body } = api.received.at(-1)!.body as Record<string, unknown>;
  expect(idempotencyKey).toBeTypeOf("string");
  return body;
}

describe("berth enqueue", () => {
  test("says what was enqueued, and as JSON the answer itself", async () => {
    const options = ["enqueue", "deploy", "--target", "web-1", "--name", "shop", "--script", "true"];
    expect(await berth({ url: api.url }, ...options)).toEqual({
      exitCode: 0,
      out: ["Enqueued t-1: deploy shop on web-1"],
      err: [],
    });
    expect(jsonOf(await berth({ url: api.url }, ...options, "--json"))).toEqual(enqueued);
  });

  test("sends no more than what was given, and who asks", async () => {
    expect(await bodyOf("health-check", "--target", "web-1")).toEqual({
      kind: "health-check",
      target: "web-1",
      requestedBy: "ada",
    });
  });

  test("sends all that can be said of a task", async () => {
    const body = await bodyOf(
      ...[
        "deploy",
        "--target",
        "web-1",
        "--name",
        "shop",
        "--script",
        "print(1)",
        "--interpreter",
        "python3",
      ],
      ...["--arg", "one", "--arg=-two", "--variable", "A=1", "--variable", "B=x=y", "--label", "team=web"],
      ...["--mutex", "database", "--priority", "high", "--not-before", "+2h", "--queue-expiry", "10m"],
      ...["--timeout", "1h", "--estimate", "5m", "--cancel-grace", "30s", "--requested-by", "grace"],
    );
    expect(body).toEqual({
      kind: "deploy",
      target: "web-1",
      name: "shop",
      script: { text: "print(1)", interpreter: "python3", arguments: ["one", "-two"] },
      variables: { A: "1", B: "x=y" },
      labels: { team: "web" },
      mutex: "database",
      priority: "high",
      notBefore: new Date(now + 7_200_000).toISOString(),
      queueExpiryMs: 600_000,
      timeoutMs: 3_600_000,
      estimateMs: 300_000,
      cancelGraceMs: 30_000,
      requestedBy: "grace",
    });
  });

  test("reads the script from a file or from stdin", async () => {
    const file = await fileOf("echo größer\n");
    const scriptOf = async (path: string) =>
      (await bodyOf("job", "--target", "web-1", "--script-file", path)).script;
    expect(await scriptOf(file)).toEqual({ text: "echo größer\n" });
    expect(await scriptOf("-")).toEqual({ text: "echo from stdin" });
  });

  test("gives a handler its input", async () => {
    const given = ["job", "--target", "web-1", "--handler", "rotate"];
    expect((await bodyOf(...given)).handler).toEqual({ name: "rotate" });
    expect((await bodyOf(...given, "--input", '{"days":7}')).handler).toEqual({
      name: "rotate",
      input: { days: 7 },
    });
  });

  test("names several targets as targets", async () => {
    const body = await bodyOf("job", "--target", "web-1", "--target", "web-2", "--script", "true");
    expect(body.targets).toEqual(["web-1", "web-2"]);
  });

  test("sends how it goes over several targets, and what it needs besides its slots", async () => {
    const targets = ["--target", "web-1", "--target", "web-2", "--script", "true"];
    const rolling = await bodyOf(
      ...["deploy", ...targets, "--window", "5", "--failures-max", "0", "--spread", "10m"],
      ...["--semaphore", "licence", "--semaphore", "db", "--supersedes", "shop", "--parent", "t-0"],
    );
    expect(rolling).toMatchObject({
      rollout: { type: "rolling", window: 5, failuresMax: 0 },
      ...{ spreadMs: 600_000, semaphores: ["licence", "db"], supersedes: "shop", parent: "t-0" },
    });
    const failuresOnly = await bodyOf("deploy", ...targets, "--failures-max", "2");
    expect(failuresOnly.rollout).toEqual({ type: "rolling", failuresMax: 2 });
    expect((await bodyOf("deploy", ...targets, "--together")).rollout).toEqual({ type: "together" });
  });

  test("names the first of many targets", async () => {
    const targets = ["a", "b", "c", "d", "e"].flatMap((name) => ["--target", name]);
    const ran = await berth({ url: api.url }, "enqueue", "health-check", ...targets);
    expect(ran.out).toEqual(["Enqueued t-1: health-check on a, b, c and 2 more"]);
  });

  test("reads steps from a file or from stdin, as the API takes them", async () => {
    const steps = [
      { name: "stop", script: { text: "./stop.sh" } },
      { name: "start", script: { text: "./start.sh" }, awaitsChildren: true, onChildFailure: "continue" },
    ];
    const file = await fileOf(JSON.stringify(steps));
    const words = ["enqueue", "deploy", "--target", "web-1", "--slot-scope", "step", "--steps-file"];
    await berth({ url: api.url }, ...words, file);
    await berth({ url: api.url, stdin: JSON.stringify(steps) }, ...words, "-");
    for (const { body } of api.received) expect(body).toMatchObject({ steps, slotScope: "step" });
    expect(api.received).toHaveLength(2);
  });

  test.each([
    ['[{"name": "stop",\n "script": {text: 1}}]', "is not JSON: ", "(line 2 column 13)"],
    ["", "is not JSON: ", "Unexpected end of JSON input"],
    ['{"name": "stop"}', "the whole of it is an object; expected a list of steps.", ""],
    ["[]", "the list is a list of 0; expected at least one step.", ""],
    ['[{"name": "a"}, "b"]', "steps[1] is a string; expected a step.", ""],
    ['[{"name": "a"}, null]', "steps[1] is null; expected a step.", ""],
    ["[[]]", "steps[0] is a list of 0; expected a step.", ""],
  ])("refuses the steps %j, and says where", async (text, message, place) => {
    const words = ["enqueue", "deploy", "--target", "web-1", "--steps-file", await fileOf(text)];
    const ran = await berth({ url: api.url }, ...words);
    expect(ran).toMatchObject({ exitCode: 2, out: [] });
    expect(ran.err[0]).toContain(message);
    expect(ran.err[0]).toContain(place);
    expect(api.received).toEqual([]);
  });

  test("keeps one idempotency key through all attempts, and that of the user if there is one", async () => {
    api.on(route, cut, refused("not_owned", "nobody owns the space"), ok(enqueued, 201));
    const options = ["enqueue", "job", "--target", "web-1", "--script", "true"];
    const keyOf = (body: unknown) => (body as { idempotencyKey: string }).idempotencyKey;
    expect((await berth({ url: api.url }, ...options)).exitCode).toBe(0);
    expect(api.received).toHaveLength(3);
    expect(new Set(api.received.map(({ body }) => keyOf(body))).size).toBe(1);
    await berth({ url: api.url }, ...options, "--key", "release-7");
    expect(keyOf(api.received.at(-1)?.body)).toBe("release-7");
  });

  test("tells that the task was there already, and that it joins another", async () => {
    api.answer(
      route,
      { id: "t-1", existing: true, joined: null },
      { id: "t-2", existing: false, joined: "t-1.0" },
    );
    const ran = await berth({ url: api.url }, "enqueue", "health-check", "--target", "web-1", "--key", "k");
    expect(ran.out).toEqual(["t-1 was enqueued before with this key: health-check on web-1"]);
    expect((await berth({ url: api.url }, "enqueue", "health-check", "--target", "web-1")).out).toEqual([
      "Enqueued t-2: health-check on web-1",
      "An equal check waits already; the result of leg t-1.0 is its result too.",
    ]);
  });

  test.each([
    [
      ["--script", "a", "--script-file", "b"],
      "option '--script-file <file>' cannot be used with option '--script <text>'",
    ],
    [["--script", "a", "--handler", "b"], "cannot be used with option"],
    [["--script", "a", "--steps-file", "b"], "cannot be used with option"],
    [["--steps-file", "a", "--handler", "b"], "cannot be used with option"],
    [["--steps-file", "/no/such/file"], "The steps file /no/such/file cannot be read"],
    [["--together", "--window", "2"], "option '--together' cannot be used with option '--window <number>'"],
    [["--together", "--failures-max", "2"], "cannot be used with option '--failures-max <number>'"],
    [["--together", "--spread", "2m"], "cannot be used with option '--spread <duration>'"],
    [["--window", "0"], "Expected a whole number, 1 or more."],
    [["--failures-max", "-1"], "Expected a whole number, 0 or more."],
    [["--spread", "wide"], "Expected a duration like 90s"],
    [["--slot-scope", "leg"], "Expected task or step."],
    [["--input", "{}"], "--input needs --handler."],
    [["--interpreter", "sh"], "--interpreter and --arg need --script-file or --script."],
    [["--script-file", "/no/such/file"], "The script /no/such/file cannot be read"],
    [["--handler", "h", "--input", "{"], "Expected JSON"],
    [
      ["--timeout", "soon"],
      "option '--timeout <duration>' argument 'soon' is invalid. Expected a duration like 90s",
    ],
    [["--not-before", "soon"], "Expected a time like"],
    [["--priority", "top"], "Expected high, normal or low."],
    [["--variable", "A"], "Expected NAME=VALUE."],
  ])("refuses %j before it asks the server", async (options, message) => {
    const ran = await berth({ url: api.url }, "enqueue", "job", "--target", "web-1", ...options);
    expect(ran).toMatchObject({ exitCode: 2, out: [] });
    expect(ran.err[0]).toContain(`berth: `);
    expect(ran.err[0]).toContain(message);
    expect(api.received).toEqual([]);
  });
});
