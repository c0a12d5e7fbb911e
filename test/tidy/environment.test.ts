import { expect, test } from "vitest";
import { environmentVariables } from "./environment.ts";
import { repositoryFiles, toLines } from "./source.ts";

const guide = { path: "docs/configuration.md", text: "| `BERTH_PORT` | 8080 |" };

test("the documentation names every environment variable", () => {
  expect(toLines(environmentVariables(repositoryFiles()))).toEqual([]);
});

test("refuses a variable that is not documented, once for each file", () => {
  const text = `z.object({ BERTH_PORT: port, BERTH_PORT_MAX: port }); process.env.BERTH_PORT_MAX`;
  const found = environmentVariables([guide, { path: "services/api/src/config.ts", text }]);
  expect(found.map(({ message }) => message)).toEqual(["BERTH_PORT_MAX is not in README.md or docs/"]);
});

test("allows a variable that is documented, and codes of warnings", () => {
  const text = `process.emitWarning("x", { code: "BERTH_OTHER" });`;
  expect(environmentVariables([guide, { path: "packages/broker/src/a.ts", text }])).toEqual([]);
  expect(environmentVariables([guide, { path: "docker-compose.yml", text: "BERTH_PORT: 80" }])).toEqual([]);
});
