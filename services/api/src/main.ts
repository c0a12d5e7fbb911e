import { runService } from "@berth/process";
import { ApiService } from "./api-service.ts";
import { readConfig } from "./config.ts";

await runService({
  readConfig,
  create: (config, logger) => new ApiService(config, logger),
  listenAddress: ({ host, port }) => ({ host, port, hostVariable: "BERTH_HOST", portVariable: "BERTH_PORT" }),
  farewell: "stopping: requests under way are answered",
  stopMsMax: () => 15_000,
  onReady: ({ url }, _config, logger) => logger.info({ url }, "ready"),
});
