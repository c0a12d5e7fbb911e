import process from "node:process";
import type { Logger } from "pino";
import { type ListenAddress, startFailure } from "./failure.ts";
import { createLogger } from "./log.ts";

/** What a process runs. */
export interface Service {
  /** Resolves when it does its work, or when it was stopped before. */
  start(): Promise<void>;
  /** Takes nothing new and ends what is under way. Idempotent. */
  stop(): Promise<void>;
  /** Resolves with the reason when it cannot go on: the process ends, for its supervisor to start it anew. */
  readonly broken?: Promise<unknown>;
}

export interface ProcessPlan<Config extends { readonly logLevel: string }, Made extends Service> {
  readonly readConfig: (environment: NodeJS.ProcessEnv) => Config;
  readonly create: (config: Config, logger: Logger) => Made;
  /** How it listens, where that is what may go wrong at its start. */
  readonly listenAddress: (config: Config) => ListenAddress | null;
  /** Said when it is asked to stop. */
  readonly farewell: string;
  /** The process ends after so long, even if not all has been stopped. */
  readonly stopMsMax: (config: Config) => number;
  readonly onReady: (service: Made, config: Config, logger: Logger) => void;
}

/** A terminal sends ^C to npm and to this process, and npm may pass it on: only a later second one is impatience. */
const sameSignalMs = 500;

/**
 * The life of a process: it reads its environment, starts, and stops on SIGTERM or SIGINT. It exits with 0 when it was
 * stopped in time, with 1 when it was not, could not start or broke, with 2 when its configuration cannot be used, and
 * with 130 when it is told a second time.
 */
export async function runService<Config extends { readonly logLevel: string }, Made extends Service>(
  plan: ProcessPlan<Config, Made>,
): Promise<void> {
  let config: Config | null = null;
  let service: Made | null = null;
  const stopping = new AbortController();
  try {
    config = plan.readConfig(process.env);
    const logger = createLogger(config.logLevel, process.stdout.isTTY === true);
    service = plan.create(config, logger);
    stopOnSignal({ farewell: plan.farewell, stopMsMax: plan.stopMsMax(config) }, service, logger, stopping);
    void service.broken?.then((reason) => {
      if (stopping.signal.aborted) return;
      logger.fatal({ err: reason }, "the process cannot go on, and ends");
      process.exit(1);
    });
    await service.start();
    if (!stopping.signal.aborted) plan.onReady(service, config, logger);
  } catch (error) {
    // Where it was stopped in the midst of its start, that is why a step of it failed; the stop ends the process.
    if (stopping.signal.aborted) return;
    const listen = config === null ? null : plan.listenAddress(config);
    const { message, exitCode } = startFailure(error, listen);
    process.stderr.write(`Berth cannot start.\n${message}\n`);
    await service?.stop().catch(() => undefined);
    process.exit(exitCode);
  }
}

function stopOnSignal(
  { farewell, stopMsMax }: { readonly farewell: string; readonly stopMsMax: number },
  service: Service,
  logger: Logger,
  stopping: AbortController,
): void {
  let firstSignalAt = 0;
  const stop = (): void => {
    if (firstSignalAt !== 0) {
      if (Date.now() - firstSignalAt > sameSignalMs) process.exit(130);
      return;
    }
    firstSignalAt = Date.now();
    stopping.abort();
    logger.info(farewell);
    setTimeout(() => {
      logger.error({ stopMsMax }, "not all could be stopped in time; the process ends all the same");
      process.exit(1);
    }, stopMsMax).unref();
    service.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, "not all could be stopped; the process ends all the same");
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}
