// The thread that has the database open. It answers requests in their order, and fills the catalogs in between.
import { parentPort } from "node:worker_threads";
import { failureOf } from "./database/errors.ts";
import { OpenStore } from "./database/open-store.ts";
import type { SqliteStoreOptions } from "./index.ts";
import type { Answer, Request, Requests } from "./requests.ts";

const port = parentPort;
if (port === null) throw new Error("this file is the thread of a store; it does not run by itself");

let path = "";
let store: OpenStore | null = null;
let isCatchingUp = false;

port.on("message", ([id, name, parameters]: Request) => {
  port.postMessage(answerOf(id, name, parameters));
  if (name === "close") port.close();
  else if (!isCatchingUp && store?.isBehind() === true) {
    isCatchingUp = true;
    setImmediate(catchUp);
  }
});

function answerOf(id: number, name: keyof Requests, parameters: readonly unknown[]): Answer {
  try {
    return [id, perform(name, parameters)];
  } catch (error) {
    return [id, undefined, failureOf(error, path)];
  }
}

function perform(name: keyof Requests, parameters: readonly unknown[]): unknown {
  if (name === "open") {
    const [options] = parameters as [SqliteStoreOptions];
    path = options.path;
    store = new OpenStore(options);
    return undefined;
  }
  if (name === "close") {
    store?.close();
    store = null;
    return undefined;
  }
  if (store === null) throw new Error("the database is not open");
  const request = store.requests[name] as (...values: readonly unknown[]) => unknown;
  return request(...parameters);
}

/** A little at a time, so that a request that came meanwhile does not wait for all of them. */
function catchUp(): void {
  isCatchingUp = false;
  try {
    store?.catchUp();
    isCatchingUp = store?.isBehind() === true;
  } catch {
    // It is tried again after the next request, and what is wrong with the database will be told to that.
  }
  if (isCatchingUp) setImmediate(catchUp);
}
