// The server has no accounts, and is reached from the machine that it runs on. What is left to fend off is a web page
// that is open on that machine and talks to it behind its user's back.
import { BerthError } from "@berth/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";

const headers: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

export function guard(app: FastifyInstance, hosts: readonly string[] | undefined): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(headers);
    if (hosts !== undefined) refuseOtherHosts(request, hosts);
    refuseOtherSites(request);
  });
}

function refuseOtherHosts(request: FastifyRequest, hosts: readonly string[]): void {
  if (hosts.includes(request.hostname)) return;
  throw new BerthError(
    "host_unknown",
    `this server does not answer for the host "${request.hostname}"; expected ${hosts.join(" or ")}`,
  );
}

/** Browsers say where a request comes from, and pages cannot change what they say. Other clients say nothing. */
function refuseOtherSites(request: FastifyRequest): void {
  const site = request.headers["sec-fetch-site"];
  if (site === undefined || site === "same-origin" || site === "none") return;
  throw new BerthError(
    "cross_site_request",
    "a web page of another origin asked the browser for this; open the API or its dashboard itself",
  );
}
