// One file, one idea. A file that is long all the same says why, in its first lines: `// long: <reason>`.
import type { Rule } from "./source.ts";

const linesMax = 400;
const headLines = 20;

export const fileLength: Rule = (files) =>
  files
    .filter(({ path }) => /\.(ts|tsx|mjs|js|sh)$/.test(path))
    .flatMap(({ path, text }) => {
      const lines = text.trimEnd().split("\n");
      if (lines.length <= linesMax) return [];
      if (lines.slice(0, headLines).some((line) => /^\s*(\/\/|#)\s*long: \S/.test(line))) return [];
      return [
        { path, message: `${lines.length} lines: split it, or say why in its head with "// long: <reason>"` },
      ];
    });
