// `npm run chaos -- [--minutes N] [--seed S] [--only FAULT,…] [--json]`: random faults on the real stack, under load.
import { parseArgs } from "node:util";
import { chosenSeed } from "../support/seeded-chance.ts";
import { whyNoPrivateRabbitmq, whyNoPrivateRedis } from "../support/servers/open.ts";
import { runCampaign } from "./campaign.ts";
import { faults } from "./faults/all.ts";

const shownMax = 30;

function usage(problem: string): never {
  console.error(problem);
  console.error("usage: npm run chaos -- [--minutes N] [--seed S] [--only FAULT,…] [--json]");
  process.exit(2);
}

function numberOf(text: string, option: string, isRight: (value: number) => boolean): number {
  const value = Number(text);
  return text !== "" && isRight(value) ? value : usage(`--${option} is "${text}"; expected a number`);
}

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "3" },
    seed: { type: "string" },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
});
const minutes = numberOf(values.minutes, "minutes", (value) => value > 0 && value <= 24 * 60);
const seed =
  values.seed === undefined
    ? chosenSeed()
    : numberOf(values.seed, "seed", (value) => Number.isInteger(value) && value >= 0);

const only = values.only.split(",").filter((name) => name !== "");
const names = faults.map(({ name }) => name);
const unknown = only.find((name) => !names.includes(name));
if (unknown !== undefined) usage(`--only names "${unknown}"; expected some of ${names.join(", ")}`);

const missing = (await whyNoPrivateRabbitmq()) ?? (await whyNoPrivateRedis());
if (missing !== undefined) usage(`chaos needs RabbitMQ and Redis of its own: ${missing}`);

console.log(`seed ${seed}: --seed ${seed} draws the same faults and tasks again`);
const begunMs = performance.now();
const { result, findings, logs } = await runCampaign({
  ...{ minutes, seed, only },
  tell: (line) => console.log(`${Math.round((performance.now() - begunMs) / 1000)} s: ${line}`),
});
for (const finding of findings.slice(0, shownMax)) console.log(`VIOLATION: ${finding}`);
if (findings.length > shownMax) console.log(`… and ${findings.length - shownMax} more violations`);
if (logs !== null) console.log(`The logs of all parts are in ${logs}`);
console.log(
  values.json ? JSON.stringify(result) : `${result.submitted} tasks, ${findings.length} violations`,
);
process.exit(findings.length === 0 ? 0 : 1);
