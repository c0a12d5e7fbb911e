// What a file exports is used by another, or is what its package offers. The rest is dead, or need not be exported.
import { posix } from "node:path";
import { lineAt, type Rule, type SourceFile, type Violation } from "./source.ts";
import { isNode, isTypeScript, programOf, type SyntaxNode, walk } from "./syntax.ts";

/** A name in a file; `*` stands for all of its names. */
interface Reference {
  readonly path: string;
  readonly name: string;
}

interface Export {
  readonly name: string;
  readonly line: number;
  /** A type that its own file uses: it belongs to a signature there, and may be exported along with it. */
  readonly inSignature?: boolean;
  /** Where a re-export takes it from. */
  readonly from?: Reference;
}

interface Exporter {
  readonly exports: readonly Export[];
  readonly uses: readonly Reference[];
}

export const deadExports: Rule = (files) => {
  const resolve = resolverOf(files);
  const sources = new Map(files.filter(isTypeScript).map((file) => [file.path, read(file, resolve)]));
  const used = followUses(sources, entryPoints(files));
  return [...sources]
    .filter(([path]) => /^(packages|services)\/[^/]+\/src\//.test(path))
    .flatMap(([path, { exports }]): Violation[] =>
      exports
        .filter(
          ({ name, inSignature }) => name !== "*" && inSignature !== true && !used.has(`${path}#${name}`),
        )
        .filter(() => !used.has(`${path}#*`))
        .map(({ name, line }) => ({ path, line, message: `${name} is exported and nobody imports it` })),
    );
};

/** Marks what is imported, and follows re-exports from what is used to where it stands. */
function followUses(sources: ReadonlyMap<string, Exporter>, entries: readonly string[]): Set<string> {
  const used = new Set<string>();
  const open: Reference[] = [
    ...entries.map((path) => ({ path, name: "*" })),
    ...[...sources.values()].flatMap(({ uses }) => uses),
  ];
  for (let reference = open.pop(); reference !== undefined; reference = open.pop()) {
    const { path, name } = reference;
    if (used.has(`${path}#${name}`)) continue;
    used.add(`${path}#${name}`);
    for (const exported of sources.get(path)?.exports ?? []) {
      if (exported.from === undefined) continue;
      if (exported.name === "*") open.push({ path: exported.from.path, name });
      else if (name === "*" || name === exported.name) open.push(exported.from);
    }
  }
  return used;
}

/** What a package offers by its package.json, and where its processes start. */
function entryPoints(files: readonly SourceFile[]): string[] {
  const manifests = files.filter(({ path }) => /^(packages|services)\/[^/]+\/package\.json$/.test(path));
  const offered = manifests.flatMap(({ path, text }) => {
    const { exports = {} } = JSON.parse(text) as { exports?: Record<string, string> };
    return Object.values(exports).map((target) => posix.join(posix.dirname(path), target));
  });
  return [...offered, ...files.map(({ path }) => path).filter((path) => /\/(main|worker)\.ts$/.test(path))];
}

type Resolve = (from: string, specifier: string) => string | undefined;

function resolverOf(files: readonly SourceFile[]): Resolve {
  const byName = new Map<string, { folder: string; exports: Record<string, string> }>();
  for (const { path, text } of files.filter((file) => file.path.endsWith("/package.json"))) {
    const manifest = JSON.parse(text) as { name: string; exports?: Record<string, string> };
    byName.set(manifest.name, { folder: posix.dirname(path), exports: manifest.exports ?? {} });
  }
  return (from, specifier) => {
    if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
    const [, name, subpath = ""] = /^(@berth\/[^/]+)(\/.+)?$/.exec(specifier) ?? [];
    const manifest = byName.get(name ?? "");
    const target = manifest?.exports[`.${subpath}`];
    return manifest === undefined || target === undefined ? undefined : posix.join(manifest.folder, target);
  };
}

function read(file: SourceFile, resolve: Resolve): Exporter {
  const exports: Export[] = [];
  const uses: Reference[] = [];
  const typesNamed = new Set<string>();
  walk(programOf(file), (node) => {
    const source =
      isNode(node.source) && typeof node.source.value === "string" ? node.source.value : undefined;
    const path = source === undefined ? undefined : resolve(file.path, source);
    const line = lineAt(file.text, node.start);
    if (node.type === "ImportDeclaration" && path !== undefined) {
      uses.push(...importedNames(node).map((name) => ({ path, name })));
    } else if ((node.type === "ImportExpression" || node.type === "TSImportType") && path !== undefined) {
      uses.push({ path, name: "*" });
    } else if (node.type === "ExportAllDeclaration" && path !== undefined) {
      const name = nameOf(node.exported) ?? "*";
      exports.push({ name, line, from: { path, name: "*" } });
    } else if (node.type === "ExportNamedDeclaration") {
      exports.push(...exportedNames(node, path).map((exported) => ({ ...exported, line })));
    }
    if (node.type === "TSTypeReference") typesNamed.add(nameOf(node.typeName) ?? "");
    return undefined;
  });
  return { exports: exports.map((each) => ({ ...each, inSignature: typesNamed.has(each.name) })), uses };
}

function importedNames(node: SyntaxNode): string[] {
  return (node.specifiers as SyntaxNode[]).map((specifier) => {
    if (specifier.type === "ImportSpecifier") return nameOf(specifier.imported) ?? "*";
    return specifier.type === "ImportDefaultSpecifier" ? "default" : "*";
  });
}

function exportedNames(node: SyntaxNode, path: string | undefined): Omit<Export, "line">[] {
  if (isNode(node.declaration)) return declaredNames(node.declaration).map((name) => ({ name }));
  return (node.specifiers as SyntaxNode[]).map((specifier) => {
    const name = nameOf(specifier.exported) ?? "";
    return path === undefined ? { name } : { name, from: { path, name: nameOf(specifier.local) ?? "*" } };
  });
}

function declaredNames(declaration: SyntaxNode): string[] {
  const declarations = (declaration.declarations as SyntaxNode[] | undefined) ?? [declaration];
  return declarations.flatMap(({ id }) => nameOf(id) ?? []);
}

function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  const name = node.name ?? node.value;
  return typeof name === "string" ? name : undefined;
}
