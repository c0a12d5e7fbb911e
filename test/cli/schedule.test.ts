import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, nothing, refused } from "../support/canned-api.ts";
import { createFolder, removeFolder } from "../support/temporary-folder.ts";
import { agoText, aSchedule, now } from "../support/views.ts";
import { berth, jsonOf } from "./berth.ts";

let api: CannedApi;
let folder: string;
beforeEach(async () => {
  folder = await createFolder("cli");
  api = await CannedApi.start();
});
afterEach(async () => {
  await api.stop();
  await removeFolder(folder);
});

const one = "/v1/default/schedules/backup";
const onlyLine = (line: string) => ({ exitCode: 0, out: [line], err: [] });
const unknown = refused("schedule_unknown", 'there is no schedule "backup"');

/** What a schedule says, as it is sent. */
function requestOf(fields: Parameters<typeof aSchedule>[0] = {}): object {
  const { name: _name, nextAt: _nextAt, lastTask: _lastTask, ...request } = aSchedule(fields);
  return request;
}

describe("berth schedule", () => {
  test("list is a table, and the same without list", async () => {
    const { cron: _cron, timeZone: _timeZone, ...every } = aSchedule({ name: "ping", everyMs: 600_000 });
    const items = [
      aSchedule(),
      { ...every, paused: true, nextAt: null, lastTask: null },
      aSchedule({ name: "past", nextAt: null }),
    ];
    api.answer("GET /v1/default/schedules", { items, next: null });
    const ran = await berth({ url: api.url }, "schedule", "list");
    expect(ran.out).toEqual([
      "NAME    STATE   TIMES                         ENQUEUES             NEXT    LAST TASK             OWNER",
      "backup  active  30 3 * * 1-5 (Europe/Berlin)  job nightly on db-1  in 2 h  backup:1772330400000  ada",
      "ping    paused  every 10 min                  job nightly on db-1  -       -                     ada",
      "past    over    30 3 * * 1-5 (Europe/Berlin)  job nightly on db-1  -       backup:1772330400000  ada",
    ]);
    expect(await berth({ url: api.url }, "schedule")).toEqual(ran);
    expect(jsonOf(await berth({ url: api.url }, "schedule", "--json"))).toEqual({ items, next: null });
  });

  test("show tells all about one", async () => {
    const task = {
      ...aSchedule().task,
      ...{ target: undefined, targets: ["db-1", "db-2"], timeoutMs: 3_600_000, semaphores: ["disk"] },
      rollout: { type: "rolling" as const, window: 1 },
    };
    api.answer(`GET ${one}`, aSchedule({ task, missed: "once", overlap: "queue" }));
    const { out } = await berth({ url: api.url }, "schedule", "show", "backup");
    expect(out[0]).toBe("backup: active");
    for (const line of [
      "Times       30 3 * * 1-5 (Europe/Berlin)",
      "Last task   backup:1772330400000",
      "Missed      once: one run makes up for what was missed",
      "Overlap     queue: also while the one before has not ended",
      "Enqueues    job nightly on db-1, db-2",
      "Runs        a bash script of 1 line",
      "Rollout     1 target at a time, stops after 1 failure",
      "Semaphores  disk",
      "Timeout     1 h",
    ]) {
      expect(out).toContain(line);
    }
    expect(out.at(-1)).toBe("What it has enqueued: berth tasks --schedule backup");
    const shown = await berth({ url: api.url }, "schedule", "show", "backup", "--json");
    expect(jsonOf(shown)).toMatchObject({ name: "backup", missed: "once" });
  });

  test("put says when, what and how, in the options of enqueue", async () => {
    api.answer(`PUT ${one}`, aSchedule());
    const times = ["--cron", "30 3 * * 1-5", "--time-zone", "Europe/Berlin", "--missed", "once"];
    const rules = ["--overlap", "queue", "--owner", "ops", "--paused"];
    const task = ["--name", "nightly", "--target", "db-1", "--script", "./backup.sh", "--timeout", "1h"];
    const words = ["schedule", "put", "backup", "job", ...times, ...rules, ...task, "--semaphore", "disk"];
    expect(await berth({ url: api.url }, ...words)).toEqual(
      onlyLine("backup enqueues job nightly on db-1: 30 3 * * 1-5 (Europe/Berlin), next in 2 h"),
    );
    expect(api.received[0]?.body).toEqual({
      ...{ cron: "30 3 * * 1-5", timeZone: "Europe/Berlin", missed: "once", overlap: "queue" },
      ...{ owner: "ops", paused: true },
      task: {
        ...{ kind: "job", name: "nightly", target: "db-1", script: { text: "./backup.sh" } },
        ...{ timeoutMs: 3_600_000, semaphores: ["disk"] },
      },
    });
    expect(jsonOf(await berth({ url: api.url }, ...words, "--json"))).toEqual(aSchedule());
  });

  test("put every so often sends no more than what was given, and who asks", async () => {
    api.answer(`PUT ${one}`, aSchedule({ paused: true, nextAt: null }), aSchedule({ nextAt: null }));
    const words = ["schedule", "put", "backup", "health-check", "--every", "10m", "--target", "db-1"];
    expect((await berth({ url: api.url }, ...words)).out[0]).toMatch(/, paused$/);
    expect((await berth({ url: api.url }, ...words, "--anchor", "+1h")).out[0]).toMatch(/, never again$/);
    const body = { everyMs: 600_000, owner: "ada", task: { kind: "health-check", target: "db-1" } };
    expect(api.received.map((request) => request.body)).toEqual([
      body,
      { ...body, anchor: new Date(now + 3_600_000).toISOString() },
    ]);
  });

  test("put takes a file, also what show has printed, with another name for what it is like", async () => {
    api.answer(`PUT ${one}`, aSchedule());
    const file = join(folder, "schedule.json");
    await writeFile(file, JSON.stringify(aSchedule({ name: "other" })));
    expect((await berth({ url: api.url }, "schedule", "put", "backup", "--file", file)).exitCode).toBe(0);
    const stdin = JSON.stringify(requestOf());
    await berth({ url: api.url, stdin }, "schedule", "put", "backup", "--file", "-");
    expect(api.received.map(({ body }) => body)).toEqual([requestOf(), requestOf()]);
  });

  test.each([
    ['{"owner": "ada",\n}', "The schedule from stdin is not JSON: ", "(line 2 column 1)"],
    ["[]", "The schedule file is wrong: it holds no schedule; expected an object.", ""],
    ["null", "The schedule file is wrong", ""],
  ])("put refuses the file %j, and says where", async (stdin, message, place) => {
    const ran = await berth({ url: api.url, stdin }, "schedule", "put", "backup", "--file", "-");
    expect(ran).toMatchObject({ exitCode: 2, out: [] });
    expect(ran.err[0]).toContain(message);
    expect(ran.err[0]).toContain(place);
    expect(api.received).toEqual([]);
  });

  test.each([
    [["--every", "10m"], "What does it enqueue? Give KIND, which is deploy, runbook, health-check or job"],
    [["job", "--target", "a", "--script", "b"], "When does it enqueue? Give --every or --cron."],
    [["job", "--every", "10m", "--script", "b"], "Where does it run? Give --target."],
    [["job", "--every", "10m", "--cron", "@daily"], "cannot be used with option"],
    [["job", "--every", "10m", "--time-zone", "UTC"], "cannot be used with option"],
    [["job", "--cron", "@daily", "--anchor", "+1h"], "cannot be used with option"],
    [["job", "--every", "often"], "Expected a duration like 90s"],
    [["job", "--missed", "twice"], "Expected skip or once."],
    [["job", "--overlap", "once"], "Expected skip or queue."],
    [["nap", "--every", "10m"], "Allowed choices are deploy, runbook, health-check, job."],
    [["job", "--file", "f"], "--file says all of the schedule"],
    [["--file", "f", "--every", "10m"], "--file says all of the schedule"],
    [["--file", "/no/such/file"], "The schedule /no/such/file cannot be read"],
  ])("put refuses %j before it asks the server", async (words, message) => {
    const ran = await berth({ url: api.url }, "schedule", "put", "backup", ...words);
    expect(ran).toMatchObject({ exitCode: 2, out: [] });
    expect(ran.err[0]).toContain(message);
    expect(api.received).toEqual([]);
  });

  test("put tells what the server says of times that cannot be read", async () => {
    api.on(`PUT ${one}`, refused("schedule_invalid", 'the cron expression "x" cannot be read'));
    const words = ["--cron", "x", "--target", "db-1", "--script", "true"];
    expect(await berth({ url: api.url }, "schedule", "put", "backup", "job", ...words)).toEqual({
      exitCode: 2,
      out: [],
      err: ['berth: the cron expression "x" cannot be read'],
    });
  });

  test("pause and resume put what the schedule says, and nothing when it is so already", async () => {
    const paused = aSchedule({ paused: true, nextAt: null });
    api.answer(`GET ${one}`, aSchedule(), paused, paused).answer(`PUT ${one}`, paused, aSchedule());
    expect((await berth({ url: api.url }, "schedule", "pause", "backup")).out[0]).toMatch(/, paused$/);
    expect((await berth({ url: api.url }, "schedule", "pause", "backup")).out[0]).toMatch(/, paused$/);
    const resumed = await berth({ url: api.url }, "schedule", "resume", "backup", "--json");
    expect(jsonOf(resumed)).toEqual(aSchedule());
    expect(api.requests(`PUT ${one}`).map(({ body }) => body)).toEqual([
      requestOf({ paused: true }),
      requestOf({ paused: false }),
    ]);
  });

  test("remove removes it", async () => {
    api.on(`DELETE ${one}`, nothing);
    expect(await berth({ url: api.url }, "schedule", "remove", "backup")).toEqual(
      onlyLine("Removed backup. What it has enqueued goes on."),
    );
    expect(jsonOf(await berth({ url: api.url }, "schedule", "remove", "backup", "--json"))).toEqual({
      schedule: "backup",
      removed: true,
    });
  });

  test.each([
    ["show", "GET"],
    ["pause", "GET"],
    ["resume", "GET"],
    ["remove", "DELETE"],
  ])("%s exits with 4 when there is none", async (verb, method) => {
    api.on(`${method} ${one}`, unknown);
    expect(await berth({ url: api.url }, "schedule", verb, "backup")).toEqual({
      exitCode: 4,
      out: [],
      err: ['berth: there is no schedule "backup"', "List the schedules with: berth schedule list"],
    });
  });

  test("a next time that lies in the past is told as such", async () => {
    api.answer(`GET ${one}`, aSchedule({ nextAt: agoText(120_000) }));
    const { out } = await berth({ url: api.url }, "schedule", "show", "backup");
    expect(out.find((line) => line.startsWith("Next"))).toMatch(/\(2 min ago\)$/);
  });
});
