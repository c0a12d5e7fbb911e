import { isDeepStrictEqual } from "node:util";
import { BerthRequestError } from "@berth/client";
import { brokerUser, type TargetRequest, type TargetView } from "@berth/protocol";
import type { Command } from "commander";
import {
  type Access,
  type AccessOptions,
  accessLines,
  addAccessOptions,
  giveAccess,
  indented,
  type Place,
  placeOf,
  takeAccess,
} from "../broker/access.ts";
import { exit } from "../exit-code.ts";
import { addDefaultList } from "../group.ts";
import type { Act, Invocation } from "../invocation.ts";
import { collected } from "../parse/value.ts";
import { addPolicyOptions, changedPolicy, changesPolicy, type PolicyOptions } from "../policy.ts";
import { policyText, targetColumns, targetLines } from "../print/target.ts";

interface AddOptions extends PolicyOptions, AccessOptions {
  readonly tentacle?: string;
  readonly newPassword?: boolean;
  readonly tag?: readonly string[];
  readonly replace?: boolean;
}

export function addTargets(program: Command, act: Act): void {
  const target = program
    .command("target")
    .summary("targets and their policies")
    .description("Targets and their policies.");
  addDefaultList(target, "Lists targets.").action(act(listTargets));
  target
    .command("show")
    .summary("show one target")
    .description("Shows one target: its policy, who serves it, what is quarantined.")
    .argument("<target>", "its name")
    .action(act(showTarget));
  addPolicyOptions(
    addAccessOptions(
      target
        .command("add")
        .summary("add a target, with a user on the broker for its tentacle")
        .description(
          "Adds a target. One that is there with the same policy and tags is left as it is. Where tentacles need a user " +
            "on the broker, it makes one that may read the queue of the target and report, and nothing else.",
        )
        .argument("<target>", "its name")
        .option("--tag <name>", "what holds can be placed by (repeatable)", collected(String))
        .option("--tentacle <name>", "the tentacle that serves it (default: one of the target's name)")
        .option("--replace", "replace the policy, the tags and the tentacle of one that is there")
        .option("--new-password", "give the tentacle's user another password"),
    ),
  ).action(act(addTarget));
  addPolicyOptions(
    target
      .command("policy")
      .summary("show or change the policy of a target")
      .description(
        "Shows the policy of a target, or changes in it what is given. KIND=default undoes a change.",
      )
      .argument("<target>", "its name"),
  ).action(act(policyOfTarget));
  target
    .command("tag")
    .summary("change the tags of a target")
    .description("Adds tags to a target, or removes them.")
    .argument("<target>", "its name")
    .argument("<tags...>", "names")
    .option("--remove", "remove them")
    .action(act(tagTarget));
  addAccessOptions(
    target
      .command("remove")
      .summary("remove a target")
      .description(
        "Removes a target that has no tasks that have not ended, and what its tentacle's user has for it on the broker.",
      )
      .argument("<target>", "its name"),
  ).action(act(removeTarget));
}

async function listTargets(invocation: Invocation): Promise<undefined> {
  const items = await invocation.client.targets.list();
  invocation.list(
    { items, next: null },
    targetColumns(),
    "There are no targets. Add one: berth target add NAME",
  );
}

async function showTarget(invocation: Invocation, name: string): Promise<undefined> {
  const target = await invocation.client.targets.get(name);
  invocation.answer(target, () => targetLines(target, invocation.now, invocation.paint));
}

async function addTarget(
  invocation: Invocation,
  name: string,
  { tag = [], replace, tentacle = name, ...options }: AddOptions,
): Promise<number | undefined> {
  const { targets, space } = invocation.client;
  const place = await placeOf(invocation, options);
  const users = place === null ? [] : [brokerUser(place.prefix, space, tentacle)];
  const request: TargetRequest = { policy: changedPolicy({}, options), tags: [...tag], users };
  const [before, others] = await Promise.all([targetOrNone(invocation, name), targets.list()]);
  const isPut = before === undefined || replace === true;
  if (!isPut && !isSame(before, request)) {
    invocation.note(
      `berth: target ${name} is there already, with another policy, other tags or another tentacle: ${sentence(before)}`,
    );
    invocation.note(`Change it with: berth target policy ${name} …, or give --replace.`);
    return exit.conflict.code;
  }
  const target = isPut ? await targets.put(name, request) : before;
  const what = before === undefined ? "Added" : isPut ? "Replaced" : "It is there already:";
  const isNew = !others.some((other) => users.some((user) => other.users.includes(user)));
  const rule = { isNew, mayKeepPassword: options.newPassword !== true };
  const access = place === null ? null : await giveAccess(invocation, place, tentacle, rule);
  if (place !== null && before !== undefined && access !== null)
    access.commands.push(...(await takeFromFormer(invocation, place, before, users)));
  answerWithAccess(invocation, target, access, `${what} ${sentence(target)}`);
  return undefined;
}

/** The target may have been another tentacle's. */
async function takeFromFormer(
  invocation: Invocation,
  place: Place,
  before: TargetView,
  users: readonly string[],
): Promise<string[]> {
  const former = { ...before, users: before.users.filter((user) => !users.includes(user)) };
  return (await takeAccess(invocation, place, former)).flatMap(({ commands }) => commands);
}

/** With JSON, what is to be done on the broker is a field of the answer. */
function answerWithAccess(
  invocation: Invocation,
  target: TargetView,
  access: Access | null,
  line: string,
): void {
  invocation.answer(access === null ? target : { ...target, access }, () => [
    line,
    ...(access === null ? [] : accessLines(access)),
  ]);
}

async function targetOrNone({ client }: Invocation, name: string): Promise<TargetView | undefined> {
  try {
    return await client.targets.get(name);
  } catch (error) {
    if (error instanceof BerthRequestError && error.code === "target_unknown") return undefined;
    throw error;
  }
}

function isSame(target: TargetView, { policy, tags, users }: TargetRequest): boolean {
  return (
    (users.length === 0 || isDeepStrictEqual(target.users, users)) &&
    isDeepStrictEqual(changedPolicy(target.policy, {}), policy) &&
    isDeepStrictEqual(target.tags.toSorted(), tags.toSorted())
  );
}

async function policyOfTarget(
  invocation: Invocation,
  name: string,
  options: PolicyOptions,
): Promise<undefined> {
  const { targets } = invocation.client;
  const before = await targets.get(name);
  const target = changesPolicy(options)
    ? await targets.put(name, {
        policy: changedPolicy(before.policy, options),
        tags: before.tags,
        users: before.users,
      })
    : before;
  invocation.answer(target, () => [sentence(target)]);
}

async function tagTarget(
  invocation: Invocation,
  name: string,
  tags: readonly string[],
  { remove }: { readonly remove?: boolean },
): Promise<undefined> {
  const { targets } = invocation.client;
  const before = await targets.get(name);
  const others = before.tags.filter((tag) => !tags.includes(tag));
  const { policy, users } = before;
  const request = { policy, users, tags: remove === true ? others : [...others, ...new Set(tags)] };
  const target = await targets.put(name, request);
  invocation.answer(target, () => [sentence(target)]);
}

async function removeTarget(
  invocation: Invocation,
  name: string,
  options: AccessOptions,
): Promise<undefined> {
  const { targets } = invocation.client;
  const place = await placeOf(invocation, options);
  const target = place === null ? null : await targets.get(name);
  await targets.remove(name);
  const taken = place === null || target === null ? [] : await takeAccess(invocation, place, target);
  const commands = taken.flatMap((each) => each.commands);
  const todo = commands.length === 0 ? [] : ["", "Run where RabbitMQ is:", ...indented(commands)];
  const more = place === null ? {} : { access: taken };
  invocation.answer({ target: name, removed: true, ...more }, () => [`Removed ${name}.`, ...todo]);
}

function sentence({ name, policy, tags }: TargetView): string {
  const tagText = tags.length === 0 ? "" : `; tags ${tags.join(" ")}`;
  return `${name}: ${policyText(policy) || "the defaults of each kind"}${tagText}`;
}
