// Nothing of the machine that a file was written on: no path of a home folder, no address of a package registry.
import { lineAt, type Rule } from "./source.ts";

const rules: readonly { readonly pattern: RegExp; readonly message: string; readonly only?: RegExp }[] = [
  { pattern: /(?<![\w.~-])\/(?:work|home|root|Users)\//g, message: "a path of one machine" },
  { pattern: /\bregistry\.[a-z0-9-]+\.[a-z]{2,}/g, message: "the address of a package registry" },
  {
    pattern: /https?:\/\/|\btarball:/g,
    message: "an address in a lock file",
    only: /(^|\/)(pnpm-lock\.yaml|\.npmrc)$/,
  },
];

export const machineTraces: Rule = (files) =>
  files.flatMap(({ path, text }) =>
    rules
      .filter(({ only }) => only === undefined || only.test(path))
      .flatMap(({ pattern, message }) =>
        [...text.matchAll(pattern)].map((match) => ({ path, line: lineAt(text, match.index), message })),
      ),
  );
