// A command that the documentation names exists: the first thing a reader does is to type it.
import type { Rule } from "./source.ts";
import { lineAt } from "./source.ts";

const silent = "(?:(?:-s|--silent)\\s+)*";
const npmCommand = new RegExp(
  `\\bnpm\\s+${silent}(?:run\\s+${silent}([a-z][\\w:-]*)|(start|test|stop|restart)\\b)`,
  "g",
);

export const documentedCommands: Rule = (files) => {
  const manifest = files.find(({ path }) => path === "package.json");
  const { scripts = {} } = JSON.parse(manifest?.text ?? "{}") as { scripts?: Record<string, string> };
  return files
    .filter(({ path }) => isDocumentation(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(npmCommand)].flatMap((match) => {
        const script = match[1] ?? match[2] ?? "";
        if (Object.hasOwn(scripts, script)) return [];
        return [
          { path, line: lineAt(text, match.index), message: `${match[0]}: package.json has no such script` },
        ];
      }),
    );
};

export function isDocumentation(path: string): boolean {
  return path === "README.md" || /^docs\/.*\.md$/.test(path);
}
