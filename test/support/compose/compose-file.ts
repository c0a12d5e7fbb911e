// docker-compose.yml as Docker Compose reads it: merge keys are resolved and variables are put in.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { interpolate } from "./interpolate.ts";

export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly deploy?: { readonly replicas?: number };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}

const path = fileURLToPath(new URL("../../../docker-compose.yml", import.meta.url));

export function composeText(): string {
  return readFileSync(path, "utf8");
}

/** `variables` is the environment of whoever calls Docker Compose. */
export function readComposeFile(variables: Readonly<Record<string, string>> = {}): ComposeFile {
  // Its shape is checked against the Compose Specification by a test.
  return interpolate(parse(composeText(), { merge: true }), variables) as ComposeFile;
}

export function serviceOf(file: ComposeFile, name: string): ComposeService {
  const service = file.services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}
