// What `trefoil manifests` writes, held against the vendors' own validators, offline.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import Ajv6 from "ajv6";
import { parse } from "yaml";
import { gatewayProgram } from "./support/gateway.mjs";

const require = createRequire(import.meta.url);
const { AppManifestUtils } = require("@microsoft/app-manifest");
const { OfficeAddinManifest } = require("office-addin-manifest");

const clientId = "2c3caa80-93f9-425e-8b85-0745f50c0d24";
const run = promisify(execFile);

let folder;
const file = (name) => path.join(folder, name);
const text = (name) => readFileSync(file(name), "utf8");
const json = (name) => JSON.parse(text(name));

before(() => {
  folder = mkdtempSync(path.join(tmpdir(), "trefoil-manifests-"));
  execFileSync(gatewayProgram(), ["manifests", "--out", folder], {
    env: {
      ...process.env,
      TREFOIL__SECRET__KEYS: `k1:${Buffer.alloc(32).toString("base64")}`,
      TREFOIL__SERVER__PUBLIC_URL: "https://trefoil.example.com",
      TREFOIL__JIRA__CONNECT__APP_KEY: "com.example.trefoil",
      TREFOIL__JIRA__FORGE__APP_ID: "ari:cloud:ecosystem::app/8db33809-1f32-48bb-8c52-5877dab48107",
      TREFOIL__MICROSOFT__CLIENT_ID: clientId,
      TREFOIL__MICROSOFT__CLIENT_SECRET: "s",
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
});

after(() => folder && rmSync(folder, { recursive: true }));

for (const name of ["teams-manifest.json", "outlook-manifest.json"]) {
  test(`${name} follows Microsoft's schema`, async () => {
    const manifest = json(name);
    assert.deepEqual(await AppManifestUtils.validateAgainstSchema(manifest), []);
    // The validator tells a wrong one from a right one.
    const broken = { ...manifest, id: "trefoil" };
    assert.notDeepEqual(await AppManifestUtils.validateAgainstSchema(broken), []);
  });
}

test("the unified manifest passes Office's own command", async () => {
  const command = require.resolve("office-addin-manifest/cli.js");
  // It says nothing and ends with 0 when all is well.
  const { stdout } = await run(process.execPath, [command, "validate", file("outlook-manifest.json")]);
  assert.doesNotMatch(stdout, /error|invalid/i);
});

test("the XML manifest is read by Office's tools as what it is", async () => {
  const manifest = await OfficeAddinManifest.readManifestFile(file("outlook-manifest.xml"));
  assert.equal(manifest.displayName, "Trefoil");
  assert.equal(manifest.officeAppType, "MailApp");
  assert.equal(manifest.version, "1.0.0.0");
  assert.equal(manifest.permissions, "ReadWriteItem");
  assert.deepEqual(manifest.hosts, ["Mailbox"]);
  assert.equal(manifest.supportUrl, "https://trefoil.example.com/addins/about");
});

// Atlassian's schemas are written for ajv 6.
const schema = JSON.parse(readFileSync(schemaFile(), "utf8"));
const ajv = new Ajv6({ schemaId: "auto", allErrors: true, unknownFormats: "ignore", jsonPointers: true, logger: false });

function schemaFile() {
  const main = require.resolve("@forge/manifest");
  const folder = main.slice(0, main.lastIndexOf(path.join("@forge", "manifest")));
  return path.join(folder, "@forge", "manifest", "out", "schema", "manifest-schema.json");
}

test("manifest.yml follows Forge's schema", () => {
  const manifest = parse(text("manifest.yml"));
  const validate = ajv.compile(schema);
  assert.ok(validate(manifest), JSON.stringify(validate.errors, null, 2));
  assert.ok(!validate({ ...manifest, app: {} }));
});

test("each module of the Connect descriptor follows its schema", () => {
  const { definitions } = schema;
  const named = schema.properties.modules.$ref;
  const modules = (named ? definitions[named.split("/").pop()] : schema.properties.modules).properties;
  const descriptor = json("atlassian-connect.json");
  for (const [name, module] of Object.entries(descriptor.modules)) {
    const validate = ajv.compile({ definitions, ...modules[`connect-jira:${name}`] });
    // Forge wants a key of each module; a descriptor's webhooks have none.
    const keyed = name === "webhooks" ? module.map((it, at) => ({ key: `webhook-${at}`, ...it })) : module;
    assert.ok(validate(keyed), `${name}: ${JSON.stringify(validate.errors, null, 2)}`);
  }
  assert.match(descriptor.baseUrl, /^https:\/\/[^/]+$/);
});
