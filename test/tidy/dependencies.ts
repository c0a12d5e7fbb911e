// Each dependency from outside has a line that says what it is for, in the section "Dependencies" of docs/ARCHITECTURE.md.
import { lineAt, type Rule } from "./source.ts";

const pagePath = "docs/ARCHITECTURE.md";

export const dependencyList: Rule = (files) => {
  const page = files.find(({ path }) => path === pagePath) ?? { path: pagePath, text: "" };
  const start = page.text.search(/^## Dependencies\s*$/m);
  const section = start === -1 ? "" : (page.text.slice(start + 3).split(/^## /m)[0] ?? "");
  const lines = [...section.matchAll(/^- (.+?) — \S/gm)].flatMap((line) =>
    [...(line[1] ?? "").matchAll(/`([^`]+)`/g)].map((name) => ({
      name: name[1] ?? "",
      offset: start + 3 + line.index,
    })),
  );
  const used = dependenciesOf(files);
  return [
    ...[...used]
      .filter(([name]) => !lines.some((line) => line.name === name))
      .map(([name, path]) => ({
        path,
        message: `${name} has no line in the section "Dependencies" of ${pagePath}`,
      })),
    ...lines
      .filter(({ name }) => !used.has(name))
      .map(({ name, offset }) => ({
        path: pagePath,
        line: lineAt(page.text, offset),
        message: `no package.json names ${name} any more`,
      })),
  ];
};

function dependenciesOf(files: Parameters<Rule>[0]): Map<string, string> {
  const used = new Map<string, string>();
  for (const { path, text } of files.filter((file) => /(^|\/)package\.json$/.test(file.path))) {
    const manifest = JSON.parse(text) as Record<string, Record<string, string> | undefined>;
    for (const group of ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]) {
      for (const [name, version] of Object.entries(manifest[group] ?? {})) {
        if (!version.startsWith("workspace:")) used.set(name, path);
      }
    }
  }
  return used;
}
