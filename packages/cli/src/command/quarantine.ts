import type { Command } from "commander";
import type { Act, Invocation } from "../invocation.ts";

interface ReleaseOptions {
  readonly mutex: string;
  readonly note?: string;
  readonly by?: string;
}

export function addQuarantines(program: Command, act: Act): void {
  program
    .command("quarantine")
    .summary("slots that are kept shut")
    .description("Slots that are kept shut because what last held them may still be running.")
    .command("release")
    .summary("open a slot again")
    .description(
      "Opens a slot again. Make sure first that what held it has ended: the next task starts at once.",
    )
    .argument("<target>", "the name of the target")
    .option("--mutex <name>", "which slot of it", "script")
    .option("--note <text>", "what you found")
    .option("--by <who>", "who says so (default: the user of the operating system)")
    .action(act(release));
}

async function release(
  invocation: Invocation,
  target: string,
  { mutex, note, by = invocation.user }: ReleaseOptions,
): Promise<undefined> {
  await invocation.client.targets.releaseQuarantine(target, mutex, { by, note });
  invocation.answer({ target, mutex, released: true }, () => [`Slot ${mutex} of ${target} is open again.`]);
}
