import { isDeepStrictEqual } from "node:util";
import { BerthRequestError } from "@berth/client";
import type { TargetRequest, TargetView } from "@berth/protocol";
import type { Command } from "commander";
import { exit } from "../exit-code.ts";
import { addDefaultList } from "../group.ts";
import type { Act, Invocation } from "../invocation.ts";
import { collected } from "../parse/value.ts";
import { addPolicyOptions, changedPolicy, changesPolicy, type PolicyOptions } from "../policy.ts";
import { policyText, targetColumns, targetLines } from "../print/target.ts";

interface AddOptions extends PolicyOptions {
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
    target
      .command("add")
      .summary("add a target")
      .description("Adds a target. One that is there with the same policy and tags is left as it is.")
      .argument("<target>", "its name")
      .option("--tag <name>", "what holds can be placed by (repeatable)", collected(String))
      .option("--replace", "replace the policy and the tags of one that is there"),
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
  target
    .command("remove")
    .summary("remove a target")
    .description("Removes a target that has no tasks that have not ended.")
    .argument("<target>", "its name")
    .action(act(removeTarget));
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
  { tag = [], replace, ...policyOptions }: AddOptions,
): Promise<number | undefined> {
  const { targets } = invocation.client;
  const request: TargetRequest = { policy: changedPolicy({}, policyOptions), tags: [...tag], users: [] };
  const before = await targetOrNone(invocation, name);
  if (before === undefined || replace === true) {
    const target = await targets.put(name, request);
    invocation.answer(target, () => [`${before === undefined ? "Added" : "Replaced"} ${sentence(target)}`]);
    return undefined;
  }
  if (isSame(before, request)) {
    invocation.answer(before, () => [`It is there already: ${sentence(before)}`]);
    return undefined;
  }
  invocation.note(
    `berth: target ${name} is there already, with another policy or other tags: ${sentence(before)}`,
  );
  invocation.note(`Change it with: berth target policy ${name} …, or give --replace.`);
  return exit.conflict.code;
}

async function targetOrNone({ client }: Invocation, name: string): Promise<TargetView | undefined> {
  try {
    return await client.targets.get(name);
  } catch (error) {
    if (error instanceof BerthRequestError && error.code === "target_unknown") return undefined;
    throw error;
  }
}

function isSame(target: TargetView, { policy, tags }: TargetRequest): boolean {
  return (
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
    ? await targets.put(name, { policy: changedPolicy(before.policy, options), tags: before.tags })
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
  const request = { policy: before.policy, tags: remove === true ? others : [...others, ...new Set(tags)] };
  const target = await targets.put(name, request);
  invocation.answer(target, () => [sentence(target)]);
}

async function removeTarget(invocation: Invocation, name: string): Promise<undefined> {
  await invocation.client.targets.remove(name);
  invocation.answer({ target: name, removed: true }, () => [`Removed ${name}.`]);
}

function sentence({ name, policy, tags }: TargetView): string {
  const tagText = tags.length === 0 ? "" : `; tags ${tags.join(" ")}`;
  return `${name}: ${policyText(policy) || "the defaults of each kind"}${tagText}`;
}
