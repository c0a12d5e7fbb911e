import { libraryVersions } from "../library-versions.ts";
import { type ServerName, serverStates } from "../servers.ts";
import { isSystemName, loadSystem, peerNames, type SystemName } from "./all.ts";

/** The systems that can be measured here, and what they stand on. */
export interface Contenders {
  readonly names: readonly SystemName[];
  /** Of servers and libraries. */
  readonly versions: Readonly<Record<string, string>>;
  /** Why others are not among them. */
  readonly missing: readonly string[];
}

const serverTitles: Record<ServerName, string> = { amqp: "rabbitmq", redis: "redis", pg: "postgresql" };

/**
 * Of those that are wished for (all that may be, where none is) the ones whose servers answer. Throws where one that is named
 * cannot be had, or nothing is left to compare Berth with.
 */
export async function contendersOf(
  wished: readonly string[],
  possible: readonly SystemName[] = peerNames,
): Promise<Contenders> {
  for (const name of wished) {
    if (isSystemName(name) && possible.includes(name)) continue;
    throw new Error(`there is no system "${name}" to measure; there are ${possible.join(", ")}`);
  }
  const states = await serverStates();
  const names: SystemName[] = [];
  const missing: string[] = [];
  const libraries = new Set<string>();
  const servers = new Set<ServerName>();
  for (const name of possible.filter((one) => wished.length === 0 || wished.includes(one))) {
    const system = await loadSystem(name);
    const absent = system.servers.find((server) => "missing" in states[server]);
    if (absent !== undefined) {
      const why = `${serverTitles[absent]}: ${(states[absent] as { missing: string }).missing}`;
      if (wished.includes(name)) throw new Error(`${name} cannot be measured, for want of ${why}`);
      missing.push(`${name} was not measured, for want of ${why}`);
      continue;
    }
    names.push(name);
    for (const library of system.libraries) libraries.add(library);
    for (const server of system.servers) servers.add(server);
  }
  const ofServers = [...servers].map((server): [string, string] => [
    serverTitles[server],
    (states[server] as { version: string }).version,
  ]);
  return {
    names,
    missing,
    versions: { ...libraryVersions([...libraries]), ...Object.fromEntries(ofServers) },
  };
}
