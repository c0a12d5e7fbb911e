import { StoreError } from "../port.ts";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

interface Access {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: boolean;
}

/** Where Redis is, as a URL says it. */
export type Address = Access &
  (
    | { readonly type: "single"; readonly hosts: readonly [HostPort]; readonly database: number }
    | {
        readonly type: "sentinel";
        readonly hosts: readonly HostPort[];
        readonly master: string;
        readonly database: number;
      }
    | { readonly type: "cluster"; readonly hosts: readonly HostPort[] }
  );

// Several hosts are none that `URL` would take.
const form = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/?#]+)((?:\/[^?#]*)?)$/;

const portsByType = { single: 6379, sentinel: 26_379, cluster: 6379 } as const;

/** Throws `StoreError` (`store_misconfigured`), which names the URL without its password. */
export function readAddress(url: string): Address {
  const [, scheme, kind = "single", access, hostList, path = ""] = form.exec(url) ?? [];
  if (hostList === undefined) throw wrong(url, "expected redis://host:port, or a list of hosts");
  const type = kind as Address["type"];
  const hosts = hostList.split(",").map((host) => readHost(url, host, portsByType[type]));
  const common = { tls: scheme === "rediss", ...readAccess(access) };
  const segments = path.split("/").filter((segment) => segment !== "");
  const [first] = hosts;
  switch (type) {
    case "single":
      if (first === undefined || hosts.length > 1 || segments.length > 1)
        throw wrong(url, "several hosts are for redis+sentinel:// or redis+cluster://");
      return { ...common, type, hosts: [first], database: readDatabase(url, segments[0]) };
    case "sentinel": {
      const [master, database] = segments;
      if (master === undefined) throw wrong(url, "expected the name of the master behind the hosts");
      return {
        ...common,
        type,
        hosts,
        master: decodeURIComponent(master),
        database: readDatabase(url, database),
      };
    }
    case "cluster":
      if (segments.length > 0) throw wrong(url, "a cluster has no databases");
      return { ...common, type, hosts };
  }
}

function readHost(url: string, text: string, defaultPort: number): HostPort {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) throw wrong(url, `"${text}" is no host:port`);
  return { host, port: port === undefined ? defaultPort : Number(port) };
}

function readAccess(access: string | undefined): Pick<Access, "username" | "password"> {
  if (access === undefined) return { username: undefined, password: undefined };
  const [username = "", ...password] = access.split(":");
  return {
    username: username === "" ? undefined : decodeURIComponent(username),
    password: password.length === 0 ? undefined : decodeURIComponent(password.join(":")),
  };
}

function readDatabase(url: string, text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^\d{1,5}$/.test(text)) throw wrong(url, `"${text}" is no number of a database`);
  return Number(text);
}

function withoutPassword(url: string): string {
  return url.replace(/:\/\/[^@/]*@/, "://***@");
}

/** For messages. */
export function describeAddress(address: Address): string {
  const hosts = address.hosts.map(({ host, port }) => `${host}:${port}`).join(",");
  switch (address.type) {
    case "single":
      return `Redis at ${hosts}`;
    case "sentinel":
      return `Redis "${address.master}" of the sentinels ${hosts}`;
    case "cluster":
      return `the Redis cluster at ${hosts}`;
  }
}

function wrong(url: string, what: string): StoreError {
  return new StoreError("store_misconfigured", `the Redis URL "${withoutPassword(url)}": ${what}`);
}
