import process from "node:process";
import { runService } from "@berth/process";
import { banner } from "./banner.ts";
import { readConfig } from "./config.ts";
import { Standalone } from "./standalone.ts";

await runService({
  readConfig,
  create: (config, logger) => new Standalone(config, logger),
  listenAddress: ({ host, port }) => ({ host, port, hostVariable: "BERTH_HOST", portVariable: "BERTH_PORT" }),
  farewell: "stopping: running tasks may finish; press Ctrl-C again to end them now",
  stopMsMax: () => 60_000,
  onReady: ({ url }, config, logger) => {
    logger.info({ url }, "ready");
    if (process.stdout.isTTY) process.stdout.write(banner(url, config));
    else process.stderr.write(banner(url, config));
  },
});
