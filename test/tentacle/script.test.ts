import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { isLiving } from "../support/processes.ts";
import { startScene } from "../support/tentacle-scene.ts";

test("a script runs, and its output and its end are reported in order", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script("echo one; echo two >&2; sleep 0.05; echo three");
  await dispatcher.reported(delivery, "finished");
  const reports = dispatcher.reports(delivery);
  expect(reports[0]).toEqual({ type: "started" });
  expect(reports.at(-1)).toEqual({ type: "finished", outcome: { type: "succeeded", exitCode: 0 } });
  expect(dispatcher.text(delivery)).toEqual(["one", "three"]);
  expect(dispatcher.text(delivery, "stderr")).toEqual(["two"]);
  expect(dispatcher.output(delivery).map(({ number }) => number)).toEqual([1, 2, 3]);
});

test("a script that exits with another code than 0 has failed, and the message has its last words", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script("echo no such shop >&2; echo; exit 3");
  const { outcome } = await dispatcher.reported(delivery, "finished");
  expect(outcome).toEqual({ type: "failed", exitCode: 3, message: "exit code 3: no such shop" });
});

test("a script that was ended by a signal from elsewhere has not said no: that is an error", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script("echo so far so good; kill -SEGV $$");
  const { outcome } = await dispatcher.reported(delivery, "finished");
  expect(outcome).toMatchObject({
    type: "error",
    failure: {
      type: "ScriptCrashed",
      value: expect.stringContaining("SIGSEGV"),
      text: "so far so good",
    },
  });
});

test("a script without its interpreter is rejected before it has started", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script("anything", {}, "no-such-interpreter");
  const { reason } = await dispatcher.reported(delivery, "rejected");
  expect(reason).toBe("unsupported");
  expect(dispatcher.reports(delivery)).toMatchObject([
    { failure: { type: "InterpreterMissing", value: expect.stringContaining("no-such-interpreter") } },
  ]);
  await eventually("the delivery is acknowledged", async () => {
    return (await dispatcher.waiting(dispatcher.names.target("default", "web-1"))) === 0;
  });
});

test("a script finds its arguments as they are, nothing on stdin, and itself in its folder", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.deliver({
    payload: {
      script: {
        interpreter: "sh",
        text: `printf '<%s>\\n' "$@"; cat; pwd; ls`,
        arguments: ["a b", "", "$HOME", "ü\nx"],
      },
    },
  });
  await dispatcher.reported(delivery, "finished");
  const [one, two, three, four, five, folder, ...files] = dispatcher.text(delivery);
  expect([one, two, three, four, five]).toEqual(["<a b>", "<>", "<$HOME>", "<ü", "x>"]);
  expect(folder).toContain("/scripts/script-");
  expect(files).toEqual(["script.sh", "variables.json"]);
});

test("a script may open its own stdout and stderr by their names", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script("echo out > /dev/stdout; echo err > /dev/stderr");
  const { outcome } = await dispatcher.reported(delivery, "finished");
  expect(outcome.type).toBe("succeeded");
  expect(dispatcher.text(delivery)).toEqual(["out"]);
  expect(dispatcher.text(delivery, "stderr")).toEqual(["err"]);
});

test("a script gets the variables that a shell can name, all of them in a file, and nothing of the tentacle's own", async () => {
  const { dispatcher } = await startScene({
    environment: { ...process.env, BERTH_TOKEN: "secret", BERTH_DATA: "secret", GREETING: "hello" },
  });
  const variables = { Colour: "red", "Octopus.Release": "1.2.3", "List[0]": "x" };
  const text = `echo "$Colour $GREETING"; env | grep ^BERTH_ | cut -d= -f1 | sort | tr '\\n' ' '; cat "$BERTH_VARIABLES_FILE"`;
  const delivery = await dispatcher.script(text, { payload: { variables } });
  await dispatcher.reported(delivery, "finished");
  const [colours, line = ""] = dispatcher.text(delivery);
  expect(colours).toBe("red hello");
  expect(line.slice(0, line.indexOf("{"))).toBe(
    "BERTH_ATTEMPT BERTH_KIND BERTH_LEG BERTH_NAME BERTH_SPACE BERTH_TARGET BERTH_TASK BERTH_TOKEN BERTH_VARIABLES_FILE ",
  );
  expect(JSON.parse(line.slice(line.indexOf("{")))).toEqual(variables);
});

test("a script learns what it is part of, with the token that fences it", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script(
    'echo "$BERTH_TASK $BERTH_LEG $BERTH_ATTEMPT $BERTH_TOKEN $BERTH_TARGET $BERTH_SPACE $BERTH_KIND $BERTH_NAME"',
    { attempt: 3, kind: "deploy", name: "the shop" },
  );
  await dispatcher.reported(delivery, "finished");
  const { task, leg, token } = delivery;
  expect(dispatcher.text(delivery)).toEqual([`${task} ${leg} 3 ${token} web-1 default deploy the shop`]);
});

test("of a task with steps the one that was delivered is run, and the script learns which it is", async () => {
  const { dispatcher } = await startScene();
  const script = (text: string) => ({ script: { interpreter: "bash", text, arguments: [] }, handler: null });
  const steps = [script('echo "first $BERTH_STEP"'), script('echo "second $BERTH_STEP"')];
  const delivery = await dispatcher.deliver({ step: 1, payload: { steps } });
  await dispatcher.reported(delivery, "finished");
  expect(dispatcher.text(delivery)).toEqual(["second 2"]);
});

test("a step that the task does not have is not run, and told of", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.deliver({ step: 2, payload: { steps: [] } });
  expect(await dispatcher.reported(delivery, "rejected")).toMatchObject({
    reason: "unsupported",
    failure: { type: "PayloadUnsupported", value: "step 3 is to be run, and the task has 0" },
  });
});

test("the files of a script are for its user alone, and are removed afterwards", async () => {
  const { dispatcher, workspace } = await startScene();
  const delivery = await dispatcher.script('echo ready; sleep 1000 & trap "kill %1; exit 0" TERM; wait');
  await dispatcher.said(delivery, "ready");
  const [folder = ""] = await readdir(join(workspace, "scripts"));
  const path = join(workspace, "scripts", folder);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect((await stat(join(path, "script.sh"))).mode & 0o777).toBe(0o600);
  expect((await stat(join(path, "variables.json"))).mode & 0o777).toBe(0o600);
  await dispatcher.cancel(delivery, 60_000);
  await dispatcher.reported(delivery, "finished");
  await eventually("the folder is removed", async () => {
    return (await readdir(join(workspace, "scripts"))).length === 0;
  });
});

test("a variable that is too long for an environment is in the file all the same", async () => {
  const { dispatcher } = await startScene();
  const variables = { Long: "€".repeat(90_000) };
  const text = `echo "\${Long:-none}"; wc -c < "$BERTH_VARIABLES_FILE"`;
  const delivery = await dispatcher.script(text, { payload: { variables } });
  await dispatcher.reported(delivery, "finished");
  expect(dispatcher.text(delivery).map((line) => line.trim())).toEqual(["none", "270011"]);
  expect(dispatcher.text(delivery, "berth")).toEqual([
    "too long for the environment, so only in BERTH_VARIABLES_FILE: Long",
  ]);
});

test("a script whose arguments no program can be given is an error", async () => {
  const { dispatcher } = await startScene();
  const script = { interpreter: "sh", text: "echo never", arguments: ["a\0b"] };
  const delivery = await dispatcher.deliver({ payload: { script } });
  const { outcome } = await dispatcher.reported(delivery, "finished");
  expect(outcome).toMatchObject({ type: "error", failure: { type: "ScriptNotStarted" } });
});

test("a script that cannot be started for lack of a folder is an error, and the next one runs", async () => {
  const { dispatcher, workspace } = await startScene();
  const first = await dispatcher.script('echo "$PWD"');
  await dispatcher.reported(first, "finished");
  await eventually(
    "the folder is removed",
    async () => (await readdir(join(workspace, "scripts"))).length === 0,
  );
  await rename(join(workspace, "scripts"), join(workspace, "elsewhere"));
  await writeFile(join(workspace, "scripts"), "in the way");
  const second = await dispatcher.script("echo never");
  const { outcome } = await dispatcher.reported(second, "finished");
  expect(outcome).toMatchObject({ type: "error", failure: { type: "ScriptNotStarted" } });
  await rm(join(workspace, "scripts"));
  await mkdir(join(workspace, "scripts"));
  const third = await dispatcher.script("echo again");
  expect((await dispatcher.reported(third, "finished")).outcome.type).toBe("succeeded");
});

test("what a script leaves behind in its group is ended with it, and does not hold it up", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script("sleep 1000 & echo $!; exit 0");
  const { outcome } = await dispatcher.reported(delivery, "finished");
  expect(outcome.type).toBe("succeeded");
  const pid = Number(dispatcher.text(delivery)[0]);
  await eventually("the sleep is gone", () => !isLiving(pid));
});

test("a daemon that keeps the pipes open in a session of its own does not hold the script up", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script("setsid sleep 1000 & echo $!; sleep 0.1; exit 4");
  const { outcome } = await dispatcher.reported(delivery, "finished");
  expect(outcome).toMatchObject({ type: "failed", exitCode: 4 });
  const pid = Number(dispatcher.text(delivery)[0]);
  expect(isLiving(pid)).toBe(true);
  process.kill(pid, "SIGKILL");
});

test("many scripts run at once, each with its own output", async () => {
  const { dispatcher } = await startScene();
  const deliveries = await Promise.all(
    Array.from({ length: 40 }, (_, index) => dispatcher.script(`echo ${index}; sleep 0.2; echo ${index}`)),
  );
  await Promise.all(deliveries.map((delivery) => dispatcher.reported(delivery, "finished")));
  deliveries.forEach((delivery, index) => {
    expect(dispatcher.text(delivery)).toEqual([String(index), String(index)]);
  });
});
