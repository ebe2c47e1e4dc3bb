// Holds exchanges against OpenAPI 3.0 documents: is the operation known, are parameters, request and answer as described?

import { readFileSync } from "node:fs";
import Ajv from "ajv";
import addFormats from "ajv-formats";

/** The vendors write some times with an offset without a colon (Jira: `+0000`), which RFC 3339 does not know. */
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;

const bodyless = new Set(["get", "head", "delete"]);

export class Specification {
  #document;
  #ajv;
  #operations = [];
  #validators = new Map();

  /** `isWide` tells answers described once for the whole API instead of with each operation. */
  constructor(name, file, base = "", isWide = () => false) {
    this.isWide = isWide;
    this.name = name;
    this.base = base;
    this.#document = asJsonSchema(JSON.parse(readFileSync(file, "utf8")));
    this.#ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: false, logger: false });
    addFormats(this.#ajv);
    this.#ajv.addFormat("date-time", dateTime);
    for (const format of ["int32", "int64", "double", "float", "base64url", "binary", "byte"]) {
      this.#ajv.addFormat(format, true);
    }
    this.#ajv.addSchema(this.#document, "document");
    for (const [route, item] of Object.entries(this.#document.paths)) {
      for (const method of ["get", "put", "post", "delete", "patch", "head"]) {
        if (item[method]) this.#operations.push(this.#operation(route, item, method));
      }
    }
    // A literal segment is meant before a parameter: /issue/bulkfetch is not an issue called "bulkfetch".
    this.#operations.sort((one, other) => one.parameters - other.parameters);
  }

  /** What is wrong with an exchange: a list of sentences, empty when nothing is; undefined for unknown operations. */
  faults(exchange) {
    const url = new URL(exchange.path, "http://sandbox");
    if (!url.pathname.startsWith(this.base)) return undefined;
    const pathname = url.pathname.slice(this.base.length);
    const method = exchange.method.toLowerCase();
    const operation = this.#operations.find((it) => it.method === method && it.pattern.test(pathname));
    if (!operation) return undefined;
    return [
      ...this.#queryFaults(operation, url.searchParams),
      ...this.#requestFaults(operation, exchange.request),
      ...this.#answerFaults(operation, exchange),
    ].map((fault) => `${operation.method.toUpperCase()} ${operation.route}: ${fault}`);
  }

  #operation(route, item, method) {
    const escaped = route.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
    const pattern = new RegExp(`^${escaped.replace(/\{[^}]+\}/g, "[^/]+")}/?$`);
    const own = item[method];
    const declared = [...(item.parameters ?? []), ...(own.parameters ?? [])].map((it) => this.#resolve(it));
    return {
      route,
      method,
      pattern,
      own,
      parameters: (route.match(/\{/g) ?? []).length,
      query: new Map(declared.filter((it) => it.in === "query").map((it) => [it.name, it])),
      pointer: `document#/paths/${token(route)}/${method}`,
    };
  }

  #queryFaults(operation, asked) {
    const faults = [];
    for (const [name, text] of asked) {
      const parameter = operation.query.get(name);
      if (!parameter) {
        faults.push(`the query parameter ${name} is not documented`);
        continue;
      }
      const schema = this.#resolve(parameter.schema ?? {});
      if (!this.#accepts(schema, text)) faults.push(`the query parameter ${name} may not be ${text}`);
    }
    for (const [name, parameter] of operation.query) {
      if (parameter.required && !asked.has(name)) faults.push(`the query parameter ${name} is missing`);
    }
    return faults;
  }

  // A parameter is text on the wire: numbers and truth values are read from it, lists are split at commas.
  #accepts(schema, text) {
    const items = this.#resolve(schema.items ?? {});
    const readings = [text, text.split(","), text.split(",").map(read), read(text)];
    const wanted = { ...schema, ...(schema.items ? { items } : {}) };
    const validate = this.#compiled(`query ${JSON.stringify(wanted)}`, () => this.#ajv.compile(absolute(wanted)));
    return readings.some((reading) => validate(reading));
  }

  #requestFaults(operation, request) {
    if (bodyless.has(operation.method) || !request.json) return [];
    const body = this.#resolve(operation.own.requestBody ?? {});
    const content = Object.keys(body.content ?? {}).find((kind) => kind.includes("json"));
    if (!content) return ["a JSON body is not documented"];
    const pointer = operation.own.requestBody.$ref
      ? `document${operation.own.requestBody.$ref}`
      : `${operation.pointer}/requestBody`;
    return this.#check(`${pointer}/content/${token(content)}/schema`, request.json, "request");
  }

  #answerFaults(operation, { status, response }) {
    const { responses } = operation.own;
    const code = [`${status}`, `${Math.floor(status / 100)}XX`, `${Math.floor(status / 100)}xx`, "default"].find(
      (it) => responses[it],
    );
    // Refused tokens and limits are described once for the whole API, not with each operation.
    const isWide = [401, 403, 429].includes(status) || this.isWide({ status, response });
    if (!code) return isWide ? [] : [`the status ${status} is not documented`];
    if (!response.json) return [];
    const described = this.#resolve(responses[code]);
    const content = Object.keys(described.content ?? {}).find((kind) => kind.includes("json"));
    if (!content || !described.content[content].schema) return [];
    const pointer = responses[code].$ref
      ? `document${responses[code].$ref}`
      : `${operation.pointer}/responses/${token(code)}`;
    const example = parsed(described.content[content].example);
    return this.#check(`${pointer}/content/${token(content)}/schema`, response.json, `answer ${status}`, example);
  }

  #check(pointer, value, side, example) {
    const validate = this.#compiled(pointer, () => this.#ajv.compile({ $ref: pointer }));
    if (validate(value)) return [];
    const errors = validate.errors.filter((error) => !isInExample(error, example));
    return errors.slice(0, 8).map((error) => `${side}${error.instancePath} ${error.message} ${detail(error)}`);
  }

  #compiled(key, make) {
    if (!this.#validators.has(key)) this.#validators.set(key, make());
    return this.#validators.get(key);
  }

  #resolve(value) {
    if (!value?.$ref) return value;
    const steps = value.$ref.slice(2).split("/").map((it) => decodeURIComponent(it).replace(/~1/g, "/").replace(/~0/g, "~"));
    return this.#resolve(steps.reduce((at, step) => at[step], this.#document));
  }
}

/** OpenAPI 3.0's own words in JSON Schema's: `nullable` and boolean exclusive limits. */
function asJsonSchema(value) {
  if (Array.isArray(value)) return value.map(asJsonSchema);
  if (value === null || typeof value !== "object") return value;
  const mapped = Object.fromEntries(Object.entries(value).map(([key, held]) => [key, asJsonSchema(held)]));
  if (mapped.nullable !== true) return mapped;
  delete mapped.nullable;
  // A schema without a type lets null through already; beside $ref the word has no effect in OpenAPI 3.0.
  if (typeof mapped.type !== "string") return mapped;
  mapped.type = [mapped.type, "null"];
  if (mapped.enum && !mapped.enum.includes(null)) mapped.enum = [...mapped.enum, null];
  return mapped;
}

/** Where a vendor's schema forbids a field that the vendor's own example of the answer has, the example is right. */
function isInExample({ keyword, instancePath, params }, example) {
  if (keyword !== "additionalProperties") return false;
  const steps = instancePath.split("/").slice(1);
  const at = steps.reduce((held, step) => (Array.isArray(held) ? held[0] : held?.[step]), example);
  return at !== null && typeof at === "object" && params.additionalProperty in at;
}

function parsed(example) {
  if (typeof example !== "string") return example;
  try {
    return JSON.parse(example);
  } catch {
    return undefined;
  }
}

function absolute(value) {
  if (Array.isArray(value)) return value.map(absolute);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) =>
      key === "$ref" && held.startsWith("#") ? [key, `document${held}`] : [key, absolute(held)],
    ),
  );
}

function read(text) {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return text !== "" && Number.isFinite(number) ? number : text;
}

function token(step) {
  return encodeURIComponent(step.replace(/~/g, "~0").replace(/\//g, "~1"));
}

function detail({ keyword, params }) {
  if (keyword === "additionalProperties") return `(${params.additionalProperty})`;
  if (keyword === "enum") return `(${params.allowedValues.join(", ")})`;
  return "";
}
