import { run } from "@berth/cli";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, cut, raw, refused } from "../support/canned-api.ts";
import { aTask } from "../support/views.ts";
import { berth } from "./berth.ts";

let api: CannedApi;
beforeEach(async () => {
  api = await CannedApi.start();
});
afterEach(() => api.stop());

const task = "GET /v1/default/tasks/t-1";

describe("what goes wrong on the server's side", () => {
  test("a server that does not run: exit code 3, and what to do", async () => {
    const url = api.url;
    await api.stop();
    const ran = await berth({ url }, "task", "t-1");
    expect(ran).toEqual({
      exitCode: 3,
      out: [],
      err: [
        `berth: ${url} cannot be reached after 3 attempts: nothing listens there (ECONNREFUSED). Check that the Berth API runs and that this is its address.`,
        "Give another address with --url or BERTH_URL.",
      ],
    });
    api = await CannedApi.start();
  });

  test.each([
    ["a connection that breaks", cut, 3],
    ["a server that is not Berth", raw(200, "text/html", "<h1>Welcome</h1>"), 3],
    ["a proxy without a server", raw(502, "text/html", "<h1>Bad gateway</h1>"), 3],
    ["a space without a dispatcher", refused("not_owned", "nobody owns the space"), 3],
    ["a late answer", refused("answer_late", "the dispatcher did not answer"), 3],
    ["something that does not exist", refused("task_unknown", "there is no task t-1"), 4],
    ["a state that does not allow it", refused("task_ended", "the task has ended"), 5],
    ["a bad request", refused("request_invalid", "that is no id"), 2],
    ["a body that is too large", refused("body_too_large", "over 1 MiB"), 2],
    ["a defect", refused("internal", "a defect of Berth"), 6],
  ])("%s has its exit code, and a message without a stack trace", async (_what, behaviour, exitCode) => {
    api.on(task, behaviour);
    const ran = await berth({ url: api.url }, "task", "t-1");
    expect(ran).toMatchObject({ exitCode, out: [] });
    expect(ran.err[0]).toMatch(/^berth: /);
    expect(ran.err.length).toBeLessThanOrEqual(2);
    expect(ran.err.join("\n")).not.toMatch(/\n\s+at /);
  });

  test("wrong fields are told one by one, unless the message has said it", async () => {
    const name = { path: "target", message: 'is "a b"; expected 1 to 100 letters' };
    const timeout = { path: "timeoutMs", message: "is 0; expected at least 1" };
    const message = `\`target\` ${name.message} (and 1 more in \`fields\`)`;
    api.on("POST /v1/default/tasks", refused("request_invalid", message, [name, timeout]));
    const ran = await berth({ url: api.url }, "enqueue", "health-check", "--target", "web-1");
    expect(ran).toEqual({
      exitCode: 2,
      out: [],
      err: [`berth: ${message}`, "  timeoutMs: is 0; expected at least 1"],
    });
  });

  test("BERTH_DEBUG=1 shows where it comes from", async () => {
    api.on(task, cut);
    const ran = await berth({ url: api.url, env: { BERTH_DEBUG: "1" } }, "task", "t-1");
    expect(ran.err.join("\n")).toMatch(/\n\s+at [\s\S]*caused by: /);
  });
});

describe("wrong usage", () => {
  test.each([
    [["nonsense"], "berth: unknown command 'nonsense'", "How it is used: berth --help"],
    [
      ["taks"],
      "berth: unknown command 'taks' (Did you mean one of task, tasks?)",
      "How it is used: berth --help",
    ],
    [
      ["tasks", "--jsn"],
      "berth: unknown option '--jsn' (Did you mean --json?)",
      "How it is used: berth tasks --help",
    ],
    [
      ["hold", "lfit", "h-1"],
      "berth: unknown command 'lfit'; expected list, place or lift",
      "How it is used: berth hold --help",
    ],
    [["task"], "berth: missing required argument 'task'", "How it is used: berth task --help"],
    [
      ["task", "a", "b"],
      "berth: too many arguments for 'task'. Expected 1 argument but got 2: a, b.",
      "How it is used: berth task --help",
    ],
    [
      ["dead", "release", "--al"],
      "berth: unknown option '--al' (Did you mean --all?)",
      "How it is used: berth dead release --help",
    ],
    [
      ["--url", "web-1", "tasks"],
      'berth: "web-1" is not the address of a Berth API; expected one like http://127.0.0.1:7070.',
      "Give another address with --url or BERTH_URL.",
    ],
  ])("%j has exit code 2", async (commandArguments, message, remedy) => {
    expect(await berth({ url: api.url }, ...commandArguments)).toEqual({
      exitCode: 2,
      out: [],
      err: [message, remedy],
    });
    expect(api.received).toEqual([]);
  });

  test("a group without its command shows how it is used", async () => {
    const ran = await berth({ url: api.url }, "quarantine");
    expect(ran).toMatchObject({ exitCode: 2, out: [] });
    expect(ran.err[0]).toBe("Usage: berth quarantine [options] [command]");
  });

  test("help and version are no errors", async () => {
    const help = await berth({}, "--help");
    expect(help).toMatchObject({ exitCode: 0, err: [] });
    expect(help.out).toContain("Exit codes:");
    expect((await berth({}, "help", "enqueue")).out[0]).toBe("Usage: berth enqueue [options] <kind>");
    expect((await berth({}, "hold", "place", "--help")).out[0]).toBe("Usage: berth hold place [options]");
    expect(await berth({}, "--version")).toEqual({
      exitCode: 0,
      out: [expect.stringMatching(/^\d+\.\d+\.\d+$/)],
      err: [],
    });
  });
});

describe("the address and the space", () => {
  test("come from options before or after the command, else from the environment", async () => {
    api.answer("GET /v1/shop/tasks/t-1", aTask()).answer(task, aTask());
    const env = { BERTH_SPACE: "other", BERTH_URL: "http://127.0.0.1:9" };
    const before = await berth({ env }, "--url", api.url, "--space", "shop", "task", "t-1");
    const after = await berth({ env }, "task", "t-1", "--url", api.url, "--space", "shop");
    const environment = await berth({ env: { BERTH_URL: api.url, BERTH_SPACE: "shop" } }, "task", "t-1");
    const empty = await berth({ env: { BERTH_URL: api.url, BERTH_SPACE: "" } }, "task", "t-1");
    expect([before, after, environment, empty].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    expect(api.received.map(({ path }) => path.split("/")[2])).toEqual(["shop", "shop", "shop", "default"]);
  });
});

test("a defect in the command is told as one, without a stack trace", async () => {
  let err = "";
  const exitCode = await run(["status"], {
    createClient: () => {
      throw new Error("no such thing");
    },
    fetch: () => Promise.reject(new Error("nothing is asked here")),
    stdout: { write: () => {} },
    stderr: {
      write: (text) => {
        err += text;
      },
    },
    stdin: (async function* () {})(),
    env: {},
    clock: { now: () => 0 },
    user: "ada",
    onInterrupt: () => () => {},
  });
  expect(exitCode).toBe(70);
  expect(err).toBe("berth: no such thing\nThat is a defect in this command; BERTH_DEBUG=1 shows where.\n");
});
