import type { LogLineView } from "@berth/protocol";
import type { Command } from "commander";
import { followAndExit, fromTarget, lineText, progressFollower } from "../follow.ts";
import type { Act, Invocation } from "../invocation.ts";
import { LineOrigins } from "../line-origin.ts";
import { explanationLines } from "../print/explanation.ts";

export function addFollowing(program: Command, act: Act): void {
  program
    .command("logs")
    .summary("show the log of a task")
    .description(
      "Shows the log of a task; of several targets each line names its own. With --json and --follow: one JSON object a line.",
    )
    .argument("<task>", "its id")
    .option("--follow", "show lines as they are written, until it has ended")
    .action(act(showLog));
  program
    .command("wait")
    .summary("wait for a task to end")
    .description(
      "Waits until a task has ended: shows states, log and reasons for waiting, and exits by its outcome.",
    )
    .argument("<task>", "its id")
    .action(act((invocation, id: string) => followAndExit(invocation, id, progressFollower(invocation))));
  program
    .command("why")
    .summary("tell why a task does not start")
    .description("Tells why a task does not start: all causes, by the very rules that grant slots.")
    .argument("<task>", "its id")
    .action(act(showReasons));
}

async function showLog(
  invocation: Invocation,
  id: string,
  { follow }: { readonly follow?: boolean },
): Promise<undefined> {
  const { client, json, paint } = invocation;
  const origins = new LineOrigins(() => client.task(id));
  const print = async (line: LogLineView): Promise<void> => {
    invocation.print(fromTarget(await origins.targetOf(line), lineText(line, paint)));
  };
  if (follow === true) {
    for await (const line of client.followLog(id)) {
      if (json) invocation.printJson(line);
      else await print(line);
    }
    return;
  }
  const lines = await wholeLog(invocation, id);
  if (json) invocation.printJson({ items: lines, next: null });
  else if (lines.length === 0) invocation.note(`Task ${id} has written nothing so far.`);
  else for (const line of lines) await print(line);
}

async function wholeLog({ client }: Invocation, id: string): Promise<LogLineView[]> {
  const lines: LogLineView[] = [];
  for (let after = 0; ; ) {
    const page = await client.log(id, { after });
    lines.push(...page.lines);
    if (page.complete || page.lines.length === 0) return lines;
    after = page.next;
  }
}

async function showReasons(invocation: Invocation, id: string): Promise<undefined> {
  const explanation = await invocation.client.explain(id);
  invocation.answer(explanation, () => explanationLines(explanation, invocation.now, invocation.paint));
}
