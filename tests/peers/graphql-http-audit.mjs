// The GraphQL over HTTP audits of graphql-http against a gateway: `GATEWAY_URL=http://127.0.0.1:8080/graphql node
// graphql-http-audit.mjs`. Every one of them must be ok, recommendations included. `AUTHORIZATION` is sent when set.

import { serverAudits } from "graphql-http";

const expected = 61;
const given = process.env.GATEWAY_URL;
if (!given) {
  console.error("GATEWAY_URL must name the gateway");
  process.exit(2);
}
const url = new URL(given).pathname === "/" ? new URL("/graphql", given).href : given;
const authorization = process.env.AUTHORIZATION;

const fetchFn = (input, init = {}) => {
  const headers = new Headers(init.headers);
  if (authorization) headers.set("authorization", authorization);
  return fetch(input, { ...init, headers });
};

let passed = 0;
const audits = serverAudits({ url, fetchFn });
for (const audit of audits) {
  const result = await audit.fn().catch((error) => ({ status: "fatal", reason: error.stack }));
  if (result.status === "ok") {
    passed += 1;
    continue;
  }
  console.error(`${result.status.toUpperCase()} ${audit.id} ${audit.name}\n  ${result.reason}`);
  if (result.response) console.error(`  ${result.response.status} ${result.response.headers.get("content-type")}`);
}
console.log(`${passed} of ${audits.length} audits ok`);
if (audits.length !== expected) console.error(`${expected} audits were expected; look at what changed`);
process.exit(passed === audits.length && audits.length === expected ? 0 : 1);
