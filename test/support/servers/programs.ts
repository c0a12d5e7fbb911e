// Where the programs of the servers are on this machine. BERTH_TEST_SERVERS_ROOT names a folder with another system in it, whose
// programs are then started there by chroot, so that the same tests run against other versions.
import { accessSync, constants, lstatSync } from "node:fs";
import { delimiter, join } from "node:path";

const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** What every program of a server is given; nothing else of the environment of the tests reaches it. */
export const plainEnvironment: Readonly<Record<string, string>> = {
  PATH: systemFolders.join(":"),
  LANG: "C.UTF-8",
};

export interface Programs {
  /** The folder that is `/` for them, or empty. */
  readonly root: string;
  path(name: string): string | undefined;
  /** What to start so that `path` runs with those arguments. */
  commandOf(path: string, arguments_: readonly string[]): [command: string, arguments_: string[]];
}

/**
 * The scripts of RabbitMQ's packages come first: what stands under the same names on PATH is a wrapper that changes the user and
 * wants the folders of the system.
 */
const packagedFolders = ["/usr/lib/rabbitmq/bin"];

export function programs(): Programs {
  const root = process.env.BERTH_TEST_SERVERS_ROOT ?? "";
  const own = root === "" ? (process.env.PATH ?? "").split(delimiter) : [];
  const folders = [...packagedFolders, ...own, ...systemFolders];
  return {
    root,
    path: (name) =>
      folders.map((folder) => join(folder, name)).find((path) => isExecutable(join(root || "/", path))),
    commandOf(path, arguments_) {
      return root === "" ? [path, [...arguments_]] : ["chroot", [root, path, ...arguments_]];
    },
  };
}

/** Undefined if all are there. */
export function missingPrograms(names: readonly string[]): string | undefined {
  const found = programs();
  const missing = names.filter((name) => found.path(name) === undefined);
  if (missing.length === 0) return undefined;
  const place = found.root === "" ? "on this machine" : `in ${found.root}`;
  return `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not installed ${place}`;
}

/** A symbolic link in another system may lead to a path of that system, where it cannot be followed from here. */
function isExecutable(path: string): boolean {
  try {
    if (!lstatSync(path).isSymbolicLink()) accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
