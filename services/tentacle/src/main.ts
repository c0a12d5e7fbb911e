import { runService } from "@berth/process";
import { readConfig } from "./config.ts";
import { TentacleService } from "./tentacle-service.ts";

/** Beyond the drain: what is ended at its deadline has to go, too. */
const endMs = 15_000;

await runService({
  readConfig,
  create: (config, logger) => new TentacleService(config, logger),
  listenAddress: ({ host, healthPort }) => ({
    ...{ host, port: healthPort ?? 0 },
    ...{ hostVariable: "BERTH_HOST", portVariable: "BERTH_HEALTH_PORT" },
  }),
  farewell: "stopping: running tasks may finish; what has not started is given back",
  stopMsMax: ({ drainMs }) => drainMs + endMs,
  onReady: (_service, { name, targets, version }, logger) =>
    logger.info({ tentacle: name, targets, version }, "ready"),
});
