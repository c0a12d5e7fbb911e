import { randomBytes } from "node:crypto";
import {
  type BrokerPermissions,
  brokerPermissions,
  brokerUser,
  type TargetView,
  tentacleOfUser,
} from "@berth/protocol";

/** Where the broker is, as tentacles reach it. */
export interface BrokerAddress {
  readonly url: URL;
  readonly virtualHost: string;
}

/** The user of a tentacle on the broker, and what it may do there. */
export interface TentacleUser {
  readonly name: string;
  readonly tentacle: string;
  /** That it speaks for. */
  readonly targets: readonly string[];
  readonly permissions: BrokerPermissions;
}

const defaultUrl = "amqp://127.0.0.1:5672";

/** Throws `TypeError` for what is no address. A user in it is left out: it is somebody else's. */
export function brokerAddress(text: string = defaultUrl): BrokerAddress {
  const url = new URL(text);
  if (url.protocol !== "amqp:" && url.protocol !== "amqps:")
    throw new TypeError(`"${text}" is not an AMQP URL`);
  url.username = "";
  url.password = "";
  const virtualHost = decodeURIComponent(url.pathname.slice(1));
  return { url, virtualHost: virtualHost === "" ? "/" : virtualHost };
}

/** The user of a tentacle as it is to be, given all targets of the space. */
export function tentacleUser(
  prefix: string,
  space: string,
  tentacle: string,
  targets: readonly TargetView[],
): TentacleUser {
  const name = brokerUser(prefix, space, tentacle);
  const own = targets.filter(({ users }) => users.includes(name)).map((target) => target.name);
  return {
    name,
    tentacle,
    targets: own.toSorted(),
    permissions: brokerPermissions(prefix, space, tentacle, own),
  };
}

/** The tentacles whose users may speak for the target; users that were made otherwise are left to whoever made them. */
export function tentaclesOf(prefix: string, space: string, { users }: TargetView): string[] {
  return users.flatMap((user) => tentacleOfUser(prefix, space, user) ?? []);
}

/** 192 bits of chance, of characters that need no quoting in a URL or a shell. */
export function newPassword(): string {
  return randomBytes(24).toString("base64url");
}

/** What the tentacle needs in its environment. */
export function environmentOf(
  prefix: string,
  space: string,
  { name, tentacle, targets }: TentacleUser,
  { url }: BrokerAddress,
  password: string | null,
): Record<string, string> {
  const withUser = new URL(url);
  withUser.username = encodeURIComponent(name);
  if (password !== null) withUser.password = password;
  return {
    ...(password === null ? {} : { BERTH_AMQP_URL: withUser.href }),
    BERTH_PREFIX: prefix,
    BERTH_SPACE: space,
    BERTH_TENTACLE: tentacle,
    BERTH_TARGETS: targets.join(","),
  };
}
