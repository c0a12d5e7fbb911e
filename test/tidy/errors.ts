// The catalogue of errors and its page say the same: a code that a user meets can be looked up, and none is explained in vain.
import { lineAt, type Rule, type SourceFile } from "./source.ts";
import { isNode, programOf, type SyntaxNode, walk } from "./syntax.ts";

const cataloguePath = "packages/protocol/src/errors.ts";
const pagePath = "docs/errors.md";

export const errorCatalogue: Rule = (files) => {
  const source = files.find(({ path }) => path === cataloguePath);
  if (source === undefined) return [{ path: cataloguePath, message: "there is no catalogue of errors" }];
  const codes = codesOf(source);
  if (codes === undefined)
    return [{ path: cataloguePath, message: "exports no object literal named catalogue" }];
  const page = files.find(({ path }) => path === pagePath) ?? { path: pagePath, text: "" };
  const headings = [...page.text.matchAll(/^## `?([a-z][a-z0-9_.-]*)`?\s*$/gm)];
  const documented = new Set(headings.map((match) => match[1]));
  return [
    ...codes
      .filter((code) => !documented.has(code))
      .map((code) => ({ path: pagePath, message: `has no heading "## ${code}"` })),
    ...headings
      .filter((match) => !codes.includes(match[1] ?? ""))
      .map((match) => ({
        path: pagePath,
        line: lineAt(page.text, match.index),
        message: `${match[1]} is not in the catalogue`,
      })),
  ];
};

/** The keys of `export const catalogue = { … }`, or undefined where there is no such object or its keys cannot be read. */
function codesOf(file: SourceFile): string[] | undefined {
  let codes: string[] | undefined;
  walk(programOf(file), (node) => {
    if (node.type !== "VariableDeclarator" || !isNode(node.id) || node.id.name !== "catalogue")
      return undefined;
    codes = keysOf(node.init);
    return ["init"];
  });
  return codes;
}

function keysOf(value: unknown): string[] | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === "TSAsExpression" || value.type === "TSSatisfiesExpression")
    return keysOf(value.expression);
  if (value.type === "CallExpression") return keysOf((value.arguments as unknown[])[0]);
  if (value.type !== "ObjectExpression") return undefined;
  const keys = (value.properties as SyntaxNode[]).map(({ key, computed }) => {
    if (!isNode(key) || computed === true) return undefined;
    return String(key.name ?? key.value);
  });
  return keys.every((key) => key !== undefined) ? keys : undefined;
}
