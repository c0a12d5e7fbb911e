import { runService } from "@berth/process";
import { readConfig } from "./config.ts";
import { DispatcherService } from "./dispatcher-service.ts";

await runService({
  readConfig,
  create: (config, logger) => new DispatcherService(config, logger),
  listenAddress: ({ host, healthPort }) => ({
    ...{ host, port: healthPort ?? 0 },
    ...{ hostVariable: "BERTH_HOST", portVariable: "BERTH_HEALTH_PORT" },
  }),
  farewell: "stopping: all spaces are given back",
  stopMsMax: () => 10_000,
  onReady: (_service, { spaces }, logger) => logger.info({ spaces }, "ready"),
});
