#!/usr/bin/env node
// `npx berth` in a clone: sets up what is missing and runs the command on a Node that can read TypeScript.
import { fileURLToPath } from "node:url";
import { runProgram } from "../../setup/run.mjs";

await runProgram(fileURLToPath(new URL("../src/main.ts", import.meta.url)), process.argv.slice(2));
