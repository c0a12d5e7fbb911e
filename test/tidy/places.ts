// Where each dependency from outside may be used, so that it can be replaced by changing one place.
import type { Rule } from "./source.ts";
import { importsOf, isTest, isTypeScript } from "./syntax.ts";

const places: Readonly<Record<string, readonly string[]>> = {
  "node:sqlite": ["packages/store/src/sqlite/"],
  amqplib: ["packages/broker/src/rabbitmq/"],
  bullmq: ["packages/oops/src/bullmq/"],
  commander: ["packages/cli/src/"],
  croner: ["packages/dispatcher/src/"],
  fastify: ["services/"],
  ioredis: ["packages/store/src/redis/", "packages/oops/src/bullmq/"],
  pino: [
    "packages/dispatcher/src/",
    "packages/tentacle/src/",
    "packages/oops/src/",
    "packages/process/src/",
    "services/",
  ],
  "pino-pretty": ["packages/process/src/"],
  // Messages are validated at the edge, by the protocol's schemas; a process reads its environment with it.
  zod: ["packages/protocol/src/", "packages/process/src/", "services/"],
};

export const dependencyPlaces: Rule = (files) =>
  files
    .filter((file) => isTypeScript(file) && !isTest(file.path))
    .flatMap((file) =>
      importsOf(file).flatMap(({ specifier, line }) => {
        const name = dependencyOf(specifier);
        if (name === undefined) return [];
        const allowed = places[name];
        if (allowed?.some((folder) => file.path.startsWith(folder))) return [];
        const message =
          allowed === undefined
            ? `${name} has no row in test/tidy/places.ts`
            : `${name} may be used only below ${allowed.join(" and ")}`;
        return [{ path: file.path, line, message }];
      }),
    );

/** The package a specifier names, or undefined where no rule is needed: our own files, and what Node brings. */
function dependencyOf(specifier: string): string | undefined {
  if (specifier in places) return specifier;
  if (/^(\.|node:|@berth\/)/.test(specifier)) return undefined;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
