import { expect, test } from "vitest";
import { dependencyList } from "./dependencies.ts";
import { repositoryFiles, toLines } from "./source.ts";

const manifest = {
  path: "packages/a/package.json",
  text: JSON.stringify({
    dependencies: { zod: "catalog:", "@berth/b": "workspace:*" },
    devDependencies: { vitest: "5" },
  }),
};

function objections(page: string): string[] {
  return dependencyList([manifest, { path: "docs/ARCHITECTURE.md", text: page }]).map(
    ({ message }) => message,
  );
}

test("every dependency says what it is for", () => {
  expect(toLines(dependencyList(repositoryFiles()))).toEqual([]);
});

test("refuses a dependency without a line, and a line without a dependency", () => {
  const found = objections(
    "# A\n\n## Dependencies\n\n- `zod` — schemas\n- `left-pad` — pads\n\n## More\n\n- `vitest` — no\n",
  );
  expect(found).toEqual([
    `vitest has no line in the section "Dependencies" of docs/ARCHITECTURE.md`,
    "no package.json names left-pad any more",
  ]);
});

test("allows one line for several", () => {
  expect(objections("## Dependencies\n\n- `zod`, `vitest` — schemas and tests\n")).toEqual([]);
});
