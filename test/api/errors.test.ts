import { readFileSync } from "node:fs";
import { catalogue } from "@berth/protocol";
import { expect, test } from "vitest";

test("docs/errors.md gives each code the status that it has", () => {
  const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const documented = Array.from(page.matchAll(/^## `(\w+)`\n\nStatus (\d+)\. /gm), ([, code, status]) => [
    code,
    Number(status),
  ]);
  expect(Object.fromEntries(documented)).toEqual(
    Object.fromEntries(Object.entries(catalogue).map(([code, { status }]) => [code, status])),
  );
});
