// A setting that nobody can find does not exist: each BERTH_ variable that a source names is in the documentation.
import { isDocumentation } from "./commands.ts";
import { lineAt, type Rule } from "./source.ts";

/** Not the code of a warning or an error, which looks the same. */
const variable = /(?<!code: ["'])\bBERTH_[A-Z0-9_]*[A-Z0-9]\b/g;

export const environmentVariables: Rule = (files) => {
  const documentation = files.filter(({ path }) => isDocumentation(path));
  const documented = new Set(documentation.flatMap(({ text }) => text.match(variable) ?? []));
  return files
    .filter(({ path }) => isSource(path))
    .flatMap(({ path, text }) => {
      const firstUse = new Map<string, number>();
      for (const match of text.matchAll(variable))
        if (!firstUse.has(match[0])) firstUse.set(match[0], match.index);
      return [...firstUse]
        .filter(([name]) => !documented.has(name))
        .map(([name, offset]) => ({
          path,
          line: lineAt(text, offset),
          message: `${name} is not in README.md or docs/`,
        }));
    });
};

/** The rule's own examples are no settings. */
function isSource(path: string): boolean {
  return /\.(ts|tsx|mjs|js|sh|ya?ml)$|^\.ci\/|Dockerfile/.test(path) && !path.startsWith("test/tidy/");
}
