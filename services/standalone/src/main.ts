import process from "node:process";
import { banner } from "./banner.ts";
import { readConfig, type StandaloneConfig } from "./config.ts";
import { startFailure } from "./failure.ts";
import { createLogger } from "./log.ts";
import { Standalone } from "./standalone.ts";

let config: StandaloneConfig | null = null;
let standalone: Standalone | null = null;
let firstSignalAt = 0;
try {
  config = readConfig(process.env);
  const logger = createLogger(config.logLevel, process.stdout.isTTY);
  standalone = new Standalone(config, logger);
  const running = standalone;
  // A terminal sends ^C to npm and to this process, and npm may pass it on: only a later second one is impatience.
  const stop = (): void => {
    if (firstSignalAt === 0) {
      firstSignalAt = Date.now();
      logger.info("stopping: running tasks may finish; press Ctrl-C again to end them now");
      void running.stop().then(() => process.exit(0));
    } else if (Date.now() - firstSignalAt > 500) {
      process.exit(130);
    }
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  await standalone.start();
  if (firstSignalAt === 0) {
    logger.info({ url: standalone.url }, "ready");
    if (process.stdout.isTTY) process.stdout.write(banner(standalone.url, config));
    else process.stderr.write(banner(standalone.url, config));
  }
} catch (error) {
  // Where it was stopped in the midst of its start, that is why a step of it failed; the stop ends the process.
  if (firstSignalAt === 0) {
    const { message, exitCode } = startFailure(error, config);
    process.stderr.write(`Berth cannot start.\n${message}\n`);
    await standalone?.stop().catch(() => undefined);
    process.exit(exitCode);
  }
}
