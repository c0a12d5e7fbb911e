import { BerthRequestError } from "@berth/client";
import { type SummaryView, TaskState } from "@berth/protocol";
import type { Command } from "commander";
import { exit } from "../exit-code.ts";
import type { Act, Invocation } from "../invocation.ts";
import { type Paint, styleOfState } from "../print/paint.ts";
import { factLines } from "../print/table.ts";

export function addStatus(program: Command, act: Act): void {
  program
    .command("status")
    .summary("tell how the server and the space are")
    .description("Tells whether the server is ready, and the space in numbers.")
    .action(act(showStatus));
}

async function showStatus(invocation: Invocation): Promise<number> {
  const { client, paint } = invocation;
  const ready = await client.isReady();
  const summary = ready ? await client.summary() : await summaryOrNone(invocation);
  invocation.answer({ url: client.url, space: client.space, ready, summary }, () => [
    `${client.url}, space ${client.space}: ${ready ? paint("good", "ready") : paint("bad", "not ready")}`,
    ...(summary === null ? [] : ["", ...summaryLines(summary, paint)]),
  ]);
  return ready ? exit.ok.code : exit.unreachable.code;
}

/** What is not ready may still know its numbers. */
async function summaryOrNone({ client }: Invocation): Promise<SummaryView | null> {
  try {
    return await client.summary();
  } catch (error) {
    if (error instanceof BerthRequestError) return null;
    throw error;
  }
}

function summaryLines(summary: SummaryView, paint: Paint): string[] {
  const { tasks, targets, targetsOnline, holdsActive, quarantines } = summary;
  const counts = TaskState.options.flatMap((state) => {
    const count = tasks[state];
    return count === 0 ? [] : [paint(styleOfState(state), `${count} ${state}`)];
  });
  const offline = targets - targetsOnline;
  return factLines(
    [
      ["Tasks", counts.join(", ") || "none"],
      ["Targets", `${targets}${offline === 0 ? "" : `, ${paint("bad", `${offline} offline`)}`}`],
      ["Holds", holdsActive === 0 ? "none" : paint("waiting", `${holdsActive} active`)],
      ["Quarantines", quarantines === 0 ? "none" : paint("bad", String(quarantines))],
    ],
    paint,
  );
}
