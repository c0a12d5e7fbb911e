// The arrows of docs/ARCHITECTURE.md: which room may import what. They point one way.
import { posix } from "node:path";
import type { Rule, SourceFile, Violation } from "./source.ts";
import { type Import, importsOf, isTest, isTypeScript } from "./syntax.ts";

interface Room {
  /** Names behind `@berth/`; `"all packages"` is for the processes, which wire everything. */
  readonly imports: readonly string[] | "all packages";
  /** May be imported for its types only: nothing of it runs here. */
  readonly typesFrom?: readonly string[];
}

const rooms: Readonly<Record<string, Room>> = {
  "packages/engine": { imports: [] },
  "packages/protocol": { imports: [] },
  "packages/broker": { imports: ["protocol"] },
  "packages/store": { imports: ["protocol"], typesFrom: ["engine"] },
  "packages/dispatcher": { imports: ["engine", "protocol", "broker", "store"] },
  "packages/tentacle": { imports: ["protocol", "broker"] },
  "packages/oops": { imports: ["protocol"] },
  "packages/process": { imports: ["protocol", "broker", "store"] },
  "packages/client": { imports: ["protocol"] },
  "packages/cli": { imports: ["client", "protocol"] },
  "services/dashboard": { imports: ["protocol"] },
  "services/api": { imports: "all packages" },
  "services/dispatcher": { imports: "all packages" },
  "services/tentacle": { imports: "all packages" },
  "services/oops": { imports: "all packages" },
  "services/standalone": { imports: "all packages" },
};

const packages = Object.keys(rooms).flatMap((room) => (room.startsWith("packages/") ? [room.slice(9)] : []));

/** Folders of a port's package that hold its adapters: only who wires a process may choose one. */
const adapters: Readonly<Record<string, readonly string[]>> = {
  "packages/broker": ["memory", "rabbitmq"],
  "packages/store": ["sqlite", "redis"],
  "packages/oops": ["bullmq"],
};

export const importArrows: Rule = (files) =>
  files.filter((file) => isTypeScript(file) && /^(packages|services)\//.test(file.path)).flatMap(check);

function check(file: SourceFile): Violation[] {
  const room = file.path.split("/").slice(0, 2).join("/");
  const row = rooms[room];
  if (row === undefined) return [{ path: file.path, message: `${room} has no row in test/tidy/arrows.ts` }];
  if (isTest(file.path)) return [];
  return importsOf(file).flatMap((imported) => {
    const message = imported.specifier.startsWith(".")
      ? objectionToRelative(room, file.path, imported.specifier)
      : objectionToPackage(room, row, imported);
    return message === undefined ? [] : [{ path: file.path, line: imported.line, message }];
  });
}

function objectionToRelative(room: string, path: string, specifier: string): string | undefined {
  const target = posix.join(posix.dirname(path), specifier);
  if (!target.startsWith(`${room}/`)) return `${specifier} leaves ${room}: import the package by its name`;
  const adapter = adapterOf(room, target);
  if (adapter === undefined || adapter === adapterOf(room, path)) return undefined;
  return `${specifier} is of the adapter ${adapter}: a port and its other adapters must not know it`;
}

function objectionToPackage(room: string, row: Room, { specifier, typeOnly }: Import): string | undefined {
  const [, name, subpath] = /^@berth\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? [];
  if (name === undefined) return undefined;
  if (!packages.includes(name)) {
    // Everything in one process is what standalone is for.
    return room === "services/standalone" ? undefined : `${specifier} is a service: nobody imports services`;
  }
  if (row.imports !== "all packages" && !row.imports.includes(name)) {
    if (!row.typesFrom?.includes(name)) return `${room} must not import ${specifier}`;
    if (!typeOnly) return `${room} may import only types from ${specifier}`;
  }
  if (
    subpath !== undefined &&
    adapters[`packages/${name}`]?.includes(subpath) &&
    !room.startsWith("services/")
  ) {
    return `${specifier} is an adapter: only services choose one`;
  }
  return undefined;
}

function adapterOf(room: string, path: string): string | undefined {
  return adapters[room]?.find((adapter) => path.startsWith(`${room}/src/${adapter}/`));
}
