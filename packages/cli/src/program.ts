import { Command, type CommanderError, Option } from "commander";
import manifest from "../package.json" with { type: "json" };
import { addDeadLetters } from "./command/dead.ts";
import { addEnqueue } from "./command/enqueue.ts";
import { addFollowing } from "./command/follow.ts";
import { addHolds } from "./command/hold.ts";
import { addOops } from "./command/oops.ts";
import { addOrders } from "./command/order.ts";
import { addQuarantines } from "./command/quarantine.ts";
import { addSafety } from "./command/safe.ts";
import { addSchedules } from "./command/schedule.ts";
import { addSemaphores } from "./command/semaphore.ts";
import { addStatus } from "./command/status.ts";
import { addTargets } from "./command/target.ts";
import { addTasks } from "./command/tasks.ts";
import type { Dependencies } from "./dependencies.ts";
import { UsageError } from "./error-lines.ts";
import { exit } from "./exit-code.ts";
import { actWith, defaultSpace, defaultUrl } from "./invocation.ts";

/** The `berth` command. Errors are thrown; `onExitCode` hears how a command ended that did what it could. */
export function buildProgram(
  dependencies: Dependencies,
  onExitCode: (code: number) => void = () => {},
): Command {
  const act = actWith(dependencies, onExitCode);
  const program = new Command("berth")
    .description("Dispatches deploy, runbook, health-check and job tasks to the machines they must run on.")
    .version(manifest.version, "--version", "print the version")
    .helpOption("-h, --help", "tell how to use it")
    .helpCommand("help [command]", "tell how to use a command")
    .option("--url <url>", `where the API is (BERTH_URL; default: ${defaultUrl})`)
    .option("--space <name>", `the space (BERTH_SPACE; default: ${defaultSpace})`)
    .option("--json", "answer with JSON, one object a line")
    .addOption(new Option("--no-color", "no colours (also NO_COLOR)"))
    .configureHelp({ showGlobalOptions: true })
    .configureOutput(outputTo(dependencies));
  addEnqueue(program, act, dependencies);
  addTasks(program, act);
  addFollowing(program, act);
  addOrders(program, act);
  addTargets(program, act);
  addQuarantines(program, act);
  addHolds(program, act, dependencies);
  addSafety(program, act);
  addSemaphores(program, act);
  addSchedules(program, act, dependencies);
  addDeadLetters(program, act);
  addOops(program, act, dependencies);
  addStatus(program, act);
  throwUsageErrors(program, program.name());
  return program.addHelpText("after", helpText());
}

/** Each command tells of its own help. */
function throwUsageErrors(command: Command, path: string): void {
  command.exitOverride((error: CommanderError) => {
    if (error.exitCode === 0 || error.code === "commander.help") throw error;
    const message = error.message.replace(/^error: /, "").replaceAll("\n", " ");
    throw new UsageError(message, { cause: error, remedy: `How it is used: ${path} --help` });
  });
  for (const each of command.commands) throwUsageErrors(each, `${path} ${each.name()}`);
}

function outputTo({ stdout, stderr }: Dependencies) {
  const widthOf = (columns: number | undefined): number => Math.min(columns ?? 100, 100);
  return {
    writeOut: (text: string): void => void stdout.write(text),
    writeErr: (text: string): void => void stderr.write(text),
    // Told by whoever runs the program, like all other errors.
    outputError: (): void => {},
    getOutHelpWidth: (): number => widthOf(stdout.columns),
    getErrHelpWidth: (): number => widthOf(stderr.columns),
    getOutHasColors: (): boolean => false,
    getErrHasColors: (): boolean => false,
  };
}

function helpText(): string {
  const codes = Object.values(exit).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `
Durations: 500ms, 90s, 10m, 1h30m, 2d. Times: 2026-03-01T22:00:00Z, 2026-03-01 22:00, 22:00, +2h, -30m.

Exit codes:
${codes.join("\n")}

Examples:
  berth enqueue deploy --target web-1 --name shop --script-file deploy.sh --wait
  berth why ID
  berth hold place --reason "database move" --tag web --from 22:00 --for 2h
`;
}
