import type { TargetView } from "@berth/protocol";
import type { Command } from "commander";
import { UsageError } from "../error-lines.ts";
import type { Invocation } from "../invocation.ts";
import {
  type BrokerAddress,
  brokerAddress,
  environmentOf,
  newPassword,
  type TentacleUser,
  tentaclesOf,
  tentacleUser,
} from "./credentials.ts";
import { Management } from "./management.ts";
import { addUserLine, changePasswordLine, deleteUserLine, setPermissionsLine } from "./rabbitmqctl.ts";

export interface AccessOptions {
  readonly management?: string;
  readonly broker?: string;
}

/** The broker, and a way to its users; `null`: they are changed by hand. */
export interface Place {
  readonly prefix: string;
  readonly address: BrokerAddress;
  readonly management: Management | null;
}

/** What was done for a tentacle on the broker, or is to be done by hand. */
export interface Access {
  readonly user: string;
  /** Lines for a shell on the broker's machine; empty: all is done. */
  readonly commands: string[];
  /** Of the tentacle. The password is here and nowhere else, and only where it is new. */
  readonly environment: Readonly<Record<string, string>>;
}

export function addAccessOptions(command: Command): Command {
  return command
    .option(
      "--management <url>",
      "RabbitMQ's management API, to change the users there instead of telling how",
    )
    .option("--broker <url>", "where tentacles reach the broker (default: amqp://127.0.0.1:5672)");
}

/** `null`: tentacles need no user on the broker. Throws `UsageError` for options that cannot be. */
export async function placeOf(invocation: Invocation, options: AccessOptions): Promise<Place | null> {
  const { vouchesForUsers, prefix } = await invocation.client.broker();
  if (vouchesForUsers)
    return { prefix, management: managementOf(invocation, options), address: addressOf(options) };
  if (options.management === undefined) return null;
  throw new UsageError("--management: the broker of this server is built in, and has no users.");
}

/** Gives the tentacle's user what it needs on the broker for all of its targets, or tells how. */
export async function giveAccess(
  { client: { space, targets } }: Invocation,
  { prefix, address, management }: Place,
  tentacle: string,
  { isNew, mayKeepPassword }: { readonly isNew: boolean; readonly mayKeepPassword: boolean },
): Promise<Access> {
  const user = tentacleUser(prefix, space, tentacle, await targets.list());
  const hasUser = management === null ? !isNew : await management.hasUser(user);
  const password = hasUser && mayKeepPassword ? null : newPassword();
  if (management !== null) {
    if (password !== null) await management.putUser(user, password);
    await management.putPermissions(user, address.virtualHost);
  }
  const credentials = password === null ? [] : [hasUser ? changePasswordLine(user) : addUserLine(user)];
  const commands = [...credentials, setPermissionsLine(user, address.virtualHost)];
  const environment = environmentOf(prefix, space, user, address, password);
  return { user: user.name, commands: management === null ? commands : [], environment };
}

/** Takes from the users of a target that is gone what they had for it, and what has no target any more altogether. */
export async function takeAccess(
  { client: { space, targets } }: Invocation,
  { prefix, address: { virtualHost }, management }: Place,
  gone: TargetView,
): Promise<readonly Omit<Access, "environment">[]> {
  const left = (await targets.list()).filter(({ name }) => name !== gone.name);
  const taken: Omit<Access, "environment">[] = [];
  for (const tentacle of tentaclesOf(prefix, space, gone)) {
    const user = tentacleUser(prefix, space, tentacle, left);
    if (management !== null) await takeFrom(management, user, virtualHost);
    const line = user.targets.length === 0 ? deleteUserLine(user) : setPermissionsLine(user, virtualHost);
    taken.push({ user: user.name, commands: management === null ? [line] : [] });
  }
  return taken;
}

async function takeFrom(management: Management, user: TentacleUser, virtualHost: string): Promise<void> {
  if (user.targets.length === 0) await management.deleteUser(user);
  else if (await management.hasUser(user)) await management.putPermissions(user, virtualHost);
}

/** Lines for people. */
export function accessLines({ user, commands, environment }: Access): string[] {
  const isNew = "BERTH_AMQP_URL" in environment;
  const password = isNew ? " It asks for the password: the one in BERTH_AMQP_URL below." : "";
  const todo = commands.length === 0 ? [] : ["", `Run where RabbitMQ is.${password}`, ...indented(commands)];
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const note = isNew
    ? "The tentacle's environment. The password is not shown again:"
    : `The tentacle's environment, besides its BERTH_AMQP_URL, which user ${user} keeps:`;
  return [...todo, "", note, ...indented(variables)];
}

export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function managementOf({ dependencies }: Invocation, { management }: AccessOptions): Management | null {
  if (management === undefined) return null;
  const { env, fetch } = dependencies;
  return new Management(management, env.BERTH_MANAGEMENT_USER, env.BERTH_MANAGEMENT_PASSWORD, fetch);
}

/** Of a broker whose management API is known, the host is known too. */
function addressOf({ broker, management }: AccessOptions): BrokerAddress {
  try {
    if (broker !== undefined || management === undefined || !URL.canParse(management))
      return brokerAddress(broker);
    return brokerAddress(`amqp://${new URL(management).hostname}:5672`);
  } catch (error) {
    throw new UsageError(`--broker: expected an address such as amqp://127.0.0.1:5672, got "${broker}".`, {
      cause: error,
    });
  }
}
