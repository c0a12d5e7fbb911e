import { type ClearanceSubject, isSafe } from "@berth/client";
import type { ClearanceView } from "@berth/protocol";
import type { Command } from "commander";
import { UsageError } from "../error-lines.ts";
import { exit } from "../exit-code.ts";
import type { Act, Invocation } from "../invocation.ts";
import { clearanceLines, safetyText } from "../print/clearance.ts";
import { addScopeOptions, isNarrowed, type ScopeOptions, scopeOf } from "../scope.ts";

interface SafeOptions extends ScopeOptions {
  readonly wait?: boolean;
}

export function addSafety(program: Command, act: Act): void {
  addScopeOptions(
    program
      .command("safe")
      .summary("tell whether it is safe yet: who still runs")
      .description(
        "Tells whether it is safe yet: who still runs in the scope of a hold, or in one that is given, and until when. For a hold it is safe when nothing runs there and the hold has begun. Without HOLD and without --target, --kind, --name and --tag it is about the whole space.",
      )
      .argument("[hold]", "the id of a hold"),
  )
    .option("--wait", "wait until it is safe")
    .action(act(safe));
}

async function safe(invocation: Invocation, hold: string | undefined, options: SafeOptions): Promise<number> {
  if (hold !== undefined && isNarrowed(options)) {
    throw new UsageError(
      "A hold has a scope of its own: give either HOLD, or --target, --kind, --name and --tag.",
    );
  }
  const subject = hold === undefined ? { scope: scopeOf(options) } : { hold };
  if (options.wait === true) return waitUntilSafe(invocation, subject);
  const { client } = invocation;
  const clearance = await (hold === undefined
    ? client.clearance(scopeOf(options))
    : client.holds.clearance(hold));
  answer(invocation, clearance);
  return isSafe(clearance) ? exit.ok.code : exit.notSafe.code;
}

function answer(invocation: Invocation, clearance: ClearanceView): void {
  invocation.answer(clearance, () => clearanceLines(clearance, invocation.now, invocation.paint));
}

/** What changes meanwhile is told on stderr; only what it comes to is the answer. */
async function waitUntilSafe(invocation: Invocation, subject: ClearanceSubject): Promise<number> {
  const stop = new AbortController();
  const forget = invocation.dependencies.onInterrupt(() => stop.abort(new Error("interrupted")));
  const tell = teller(invocation);
  try {
    for await (const clearance of invocation.client.followClearance(subject, { signal: stop.signal })) {
      if (isSafe(clearance)) answer(invocation, clearance);
      else tell(clearance);
    }
    return exit.ok.code;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    invocation.note("Stopped waiting.");
    return exit.interrupted.code;
  } finally {
    forget();
  }
}

/** All of it at first, and then a line for each change. */
function teller(invocation: Invocation): (clearance: ClearanceView) => void {
  let told: string | undefined;
  return (clearance) => {
    const { running, quarantines, hold } = clearance;
    // Not the times: those are others with each look.
    const legs = running.map(({ leg, state }) => [leg, state]);
    const tokens = quarantines.map(({ token }) => token);
    const essence = JSON.stringify([legs, tokens, hold?.active]);
    if (essence === told) return;
    const lines =
      told === undefined
        ? clearanceLines(clearance, invocation.now, invocation.paintNote)
        : [safetyText(clearance, invocation.now)];
    for (const line of lines) invocation.note(line);
    told = essence;
  };
}
