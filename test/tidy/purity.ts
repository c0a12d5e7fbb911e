// The engine answers the same command in the same way, always: no clock, no chance, no I/O, nothing that happens later.
import { lineAt, type Rule, type SourceFile, type Violation } from "./source.ts";
import { importsOf, isTest, isTypeScript, programOf, type SyntaxNode, walk } from "./syntax.ts";

const impure: Readonly<Record<string, string>> = {
  ...because("time comes in with the command", ["Date", "performance", "Temporal"]),
  ...because("timers are decisions, kept by the dispatcher", [
    "setTimeout",
    "setInterval",
    "setImmediate",
    "clearTimeout",
    "clearInterval",
    "clearImmediate",
    "queueMicrotask",
  ]),
  ...because("decisions are answered at once", ["Promise", "PromiseLike", "AsyncIterable", "AsyncGenerator"]),
  ...because("ids and chance come in with the command", ["crypto"]),
  ...because("the engine does no I/O", [
    "process",
    "console",
    "fetch",
    "require",
    "Buffer",
    "globalThis",
    "global",
  ]),
};

/** Fields that hold a name which is no reference to anything. */
const nameFields: Readonly<Record<string, string>> = {
  MemberExpression: "property",
  Property: "key",
  PropertyDefinition: "key",
  MethodDefinition: "key",
  TSPropertySignature: "key",
  TSMethodSignature: "key",
};

export const enginePurity: Rule = (files) =>
  files
    .filter(
      (file) => isTypeScript(file) && file.path.startsWith("packages/engine/src/") && !isTest(file.path),
    )
    .flatMap((file) => [...foreignImports(file), ...impureNodes(file)]);

function foreignImports(file: SourceFile): Violation[] {
  return importsOf(file)
    .filter(({ specifier }) => !specifier.startsWith("."))
    .map(({ specifier, line }) => ({
      path: file.path,
      line,
      message: `${specifier}: the engine imports nothing`,
    }));
}

function impureNodes(file: SourceFile): Violation[] {
  const found: Violation[] = [];
  walk(programOf(file), (node) => {
    const message = objectionTo(node);
    if (message !== undefined) found.push({ path: file.path, line: lineAt(file.text, node.start), message });
    const field = nameFields[node.type];
    return field !== undefined && node.computed !== true ? [field] : undefined;
  });
  return found;
}

function objectionTo(node: SyntaxNode): string | undefined {
  if (node.async === true) return "async function: decisions are answered at once";
  switch (node.type) {
    case "AwaitExpression":
      return "await: decisions are answered at once";
    case "ForOfStatement":
      return node.await === true ? "for await: decisions are answered at once" : undefined;
    case "ImportExpression":
      return "import(): decisions are answered at once";
    case "MemberExpression":
      return nameOf(node.object) === "Math" && nameOf(node.property) === "random"
        ? "Math.random: chance comes in with the command"
        : undefined;
    case "Identifier": {
      const name = nameOf(node) ?? "";
      return Object.hasOwn(impure, name) ? `${name}: ${impure[name]}` : undefined;
    }
    default:
      return undefined;
  }
}

function nameOf(node: unknown): string | undefined {
  const { name, value } = node as { name?: unknown; value?: unknown };
  return typeof name === "string" ? name : typeof value === "string" ? value : undefined;
}

function because(reason: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, reason]));
}
