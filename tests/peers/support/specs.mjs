// The vendors' specifications, which lie outside the repository, and what of the sandbox they speak of.

import { existsSync } from "node:fs";
import path from "node:path";
import { Specification } from "./openapi.mjs";
import { root } from "./sandbox.mjs";

/** Where the specifications are looked for. */
export const folder = process.env.TREFOIL_SPECS ?? path.resolve(root, "../shared/reference/specs");

/** Whether they are there. */
export const present = existsSync(folder);

/** What no specification here describes, with the page that does. */
const elsewhere = {
  // https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/ and .../user-impersonation-for-connect-apps/,
  // the issue page, media, and the keys of signed installs: all that is not the REST API.
  jira: /^\/(?!rest\/)/,
  // https://developers.zoom.us/docs/integrations/oauth/ and users/me, which the stored cut leaves out.
  zoom: /^\/(oauth\/|rec\/|v2\/users\/[^/?]+(\?|$))/,
  // Graph's permissions and the parts the stored cut leaves out.
  graph: /^$/,
};

/** What a specification's words allow and its schema does not: `accountId` null takes the assignee away. */
const inWords = "PUT /rest/api/3/issue/{issueIdOrKey}/assignee: request/accountId must be string";

/** The specifications by provider. */
export function specifications() {
  const file = (name) => path.join(folder, name);
  return {
    jira: new Specification("Jira Cloud v3", file("jira-cloud-platform-v3.json")),
    graph: new Specification("Graph v1.0", file("msgraph-v1.0-trimmed.openapi.json"), "/v1.0"),
    zoom: new Specification("Zoom Meetings v2", file("zoom-subset.openapi.json"), "/v2", isMissingScope),
  };
}

// https://developers.zoom.us/docs/integrations/oauth-scopes-overview/: any operation may miss its scope.
function isMissingScope({ status, response }) {
  return status === 400 && response.json?.code === 4711;
}

/** Whether an exchange is described on another page than the specifications. */
export function isDescribedElsewhere({ provider, path: asked }) {
  return elsewhere[provider]?.test(asked) ?? true;
}

/** OAuth 2.0 (3LO) goes to `api.atlassian.com/ex/jira/{cloudId}`, where the same API is below. */
function atItsSite(exchange) {
  return { ...exchange, path: exchange.path.replace(/^\/ex\/jira\/[^/]+/, "") };
}

/** The parts of a Graph `$batch` as exchanges of their own. */
export function unfold(exchange) {
  const parts = exchange.request.json?.requests;
  if (exchange.provider !== "graph" || !exchange.path.includes("$batch") || !Array.isArray(parts)) {
    return [exchange];
  }
  const answers = new Map((exchange.response.json?.responses ?? []).map((it) => [it.id, it]));
  const unfolded = parts.flatMap((part) => {
    const answer = answers.get(part.id);
    if (!answer) return [];
    return {
      provider: "graph",
      method: part.method,
      path: `/v1.0${part.url}`,
      request: { headers: part.headers ?? {}, json: part.body },
      status: answer.status,
      response: { headers: answer.headers ?? {}, json: answer.body },
    };
  });
  return [exchange, ...unfolded];
}

/** Everything wrong with these exchanges, each fault once, and how many were checked. */
export function judge(exchanges) {
  const held = specifications();
  const faults = new Set();
  const checked = {};
  for (const exchange of exchanges.map(atItsSite).flatMap(unfold)) {
    const specification = held[exchange.provider];
    if (!specification || isDescribedElsewhere(exchange)) continue;
    const found = specification.faults(exchange);
    if (found === undefined) {
      // An address nobody documents must be refused as one.
      const refused = [400, 404, 405].includes(exchange.status);
      if (!refused) faults.add(`${exchange.method} ${exchange.path}: not in ${specification.name}`);
      continue;
    }
    checked[exchange.provider] = (checked[exchange.provider] ?? 0) + 1;
    for (const fault of found) if (fault.trim() !== inWords) faults.add(fault);
  }
  return { faults: [...faults], checked };
}
