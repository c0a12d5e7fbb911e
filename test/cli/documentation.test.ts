import { readFileSync } from "node:fs";
import { buildProgram, exit } from "@berth/cli";
import { describe, expect, test } from "vitest";

type Command = ReturnType<typeof buildProgram>;

const page = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");

/** The page by its headings; that of `berth hold place` is `berth hold place`. */
const sections = new Map(
  page
    .split(/^#{2,3} /m)
    .slice(1)
    .map((section) => {
      const [heading = "", ...text] = section.split("\n");
      return [heading.replaceAll("`", ""), text.join("\n")] as const;
    }),
);

const program = buildProgram({
  createClient: () => {
    throw new Error("nothing is run here");
  },
  stdout: { write: () => {} },
  stderr: { write: () => {} },
  stdin: (async function* () {})(),
  env: {},
  clock: { now: () => 0 },
  user: "ada",
  onInterrupt: () => () => {},
});

const commands = leavesOf(program, "berth");

function leavesOf(command: Command, path: string): { path: string; command: Command }[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((each) => leavesOf(each, `${path} ${each.name()}`));
}

/** The command whose section has the options of this one, too; empty: it has all of its own. */
function sharedWith(path: string): string {
  if (path === "berth schedule put") return "berth enqueue";
  return path.startsWith("berth target ") ? "berth target add" : "";
}

describe("docs/cli.md", () => {
  test("has a section for each command and for no other", () => {
    const documented = [...sections.keys()].filter((heading) => heading.startsWith("berth "));
    expect(documented.toSorted()).toEqual(commands.map(({ path }) => path).toSorted());
  });

  test.each(commands)("names every option of $path", ({ path, command }) => {
    const text = `${sections.get(path)}${sections.get(sharedWith(path)) ?? ""}`;
    expect(command.options.map(({ long }) => long).filter((long) => !text.includes(`${long}`))).toEqual([]);
  });

  test("names the options of all commands", () => {
    const text = sections.get("For all commands") ?? "";
    const options = program.options.map(({ long }) => long).filter((long) => long !== "--version");
    expect(options.filter((long) => !text.includes(`${long}`))).toEqual([]);
  });

  test("has the exit codes that there are, with what they mean", () => {
    const rows = [...(sections.get("Exit codes") ?? "").matchAll(/^\| (\d+) +\| (.+?) +\|$/gm)];
    expect(rows.map(([, code, meaning]) => ({ code: Number(code), meaning }))).toEqual(Object.values(exit));
  });
});
