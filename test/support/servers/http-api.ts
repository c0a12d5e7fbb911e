// RabbitMQ's HTTP API, for what a test arranges or looks at from outside: virtual hosts, users, queues.
import { request } from "node:http";
import { json, text } from "node:stream/consumers";

/**
 * `managementUrl` as a server tells it, with a password in it; `path` below `/api/`. Rejects on any answer that is no success. Each
 * call has a connection of its own: one that is kept would be dead after the server was killed.
 */
export function callHttpApi(
  managementUrl: string | null,
  method: "GET" | "PUT" | "POST" | "DELETE",
  path: string,
  body?: object,
): Promise<unknown> {
  if (managementUrl === null) throw new Error("this RabbitMQ was started without its HTTP API");
  const { hostname, port, username, password } = new URL(managementUrl);
  const options = {
    hostname,
    port,
    method,
    path: `/api/${path}`,
    auth: `${username}:${password}`,
    agent: false,
    headers: { "content-type": "application/json" },
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(options, async (response) => {
      const { statusCode = 0 } = response;
      if (statusCode >= 300) reject(new Error(`${method} ${path}: ${statusCode} ${await text(response)}`));
      else resolve(statusCode === 204 || statusCode === 201 ? undefined : await json(response));
    });
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
