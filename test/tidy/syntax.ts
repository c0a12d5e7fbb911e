// The syntax tree of a source file, and what the rules ask of it. Comments and strings can not be taken for code here.
import { type Program, parseSync, visitorKeys } from "oxc-parser";
import { lineAt, type SourceFile } from "./source.ts";

export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Import {
  readonly specifier: string;
  /** Erased before it runs. */
  readonly typeOnly: boolean;
  readonly line: number;
}

const parsed = new WeakMap<SourceFile, Program>();

export function isTypeScript(file: SourceFile): boolean {
  return /\.tsx?$/.test(file.path);
}

export function isTest(path: string): boolean {
  return path.startsWith("test/") || path.endsWith(".test.ts");
}

export function programOf(file: SourceFile): Program {
  let program = parsed.get(file);
  if (program === undefined) {
    const result = parseSync(file.path, file.text);
    const [error] = result.errors;
    if (error !== undefined) throw new Error(`${file.path} cannot be parsed: ${error.message}`);
    program = result.program;
    parsed.set(file, program);
  }
  return program;
}

/** Visits every node, parents first. `visit` may answer field names that are not to be entered. */
export function walk(program: Program, visit: (node: SyntaxNode) => readonly string[] | undefined): void {
  const enter = (node: SyntaxNode): void => {
    const leftOut = visit(node) ?? [];
    for (const field of visitorKeys[node.type] ?? []) {
      if (leftOut.includes(field)) continue;
      for (const child of [node[field]].flat()) if (isNode(child)) enter(child);
    }
  };
  enter(program as unknown as SyntaxNode);
}

/** Static, dynamic and type imports and re-exports, in the order in which they stand. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  walk(programOf(file), (node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined) return undefined;
    const typeOnly = node.type === "TSImportType" || node.importKind === "type" || node.exportKind === "type";
    found.push({ specifier, typeOnly, line: lineAt(file.text, node.start) });
    return undefined;
  });
  return found;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && typeof (value as SyntaxNode).type === "string";
}

function specifierOf(node: SyntaxNode): string | undefined {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return isNode(node.source) && typeof node.source.value === "string" ? node.source.value : undefined;
    default:
      return undefined;
  }
}
