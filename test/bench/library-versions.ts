import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

/** The versions of these libraries that are installed. */
export function libraryVersions(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, versionOf(name)]));
}

/** Most do not export their manifest, so it is looked for above their code. */
function versionOf(name: string): string {
  let folder = dirname(require.resolve(name));
  while (dirname(folder) !== folder) {
    const manifest = manifestIn(folder);
    if (manifest?.name === name) return manifest.version;
    folder = dirname(folder);
  }
  return "unknown";
}

function manifestIn(folder: string): { name: string; version: string } | null {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  } catch {
    return null;
  }
}
