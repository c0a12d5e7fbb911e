import { relative } from "node:path";
import { cwd } from "node:process";
import type { StandaloneConfig } from "./config.ts";

/** What a newcomer sees when Berth is up: where it is, and what to try. */
export function banner(url: string, config: StandaloneConfig): string {
  const data = relative(cwd(), config.data);
  const isUsual = url === "http://127.0.0.1:7070";
  const prefix = isUsual ? "" : `BERTH_URL=${url} `;
  const { target } = config;
  return `
  Berth is up at ${url}; its data are in ${data === "" || data.startsWith("..") ? config.data : `./${data}`}.
  A tentacle serves the target "${target}". Try, in another terminal:

    ${prefix}npx berth enqueue deploy --target ${target} --script 'echo deploying; sleep 20' --wait
    ${prefix}npx berth enqueue health-check --target ${target} --script 'uptime' --wait   # goes past the deploy
    ${prefix}npx berth tasks                                                          # what waits, runs and failed

  Ctrl-C stops it; what was enqueued stays.
`;
}
