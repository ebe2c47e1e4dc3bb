// The sandbox's answers, and the requests it is sent, are as the vendors' specifications say.

import assert from "node:assert/strict";
import { test } from "node:test";
import { control, startSandbox } from "./support/sandbox.mjs";
import { folder, judge, present } from "./support/specs.mjs";
import { tourZoom } from "./support/zoom.mjs";

if (!present) {
  console.warn(`\n*** WARNING: no specifications at ${folder}: conformance is NOT checked ***\n`);
  test("specs folder absent: conformance NOT checked", () => {});
} else {
  test("Zoom's answers are as Zoom's specification says", async () => {
    const sandbox = await startSandbox({ keepBodies: true });
    try {
      await tourZoom(sandbox);
      const { faults, checked } = judge(await sandbox.control("GET", "/exchanges"));
      assert.ok(checked.zoom > 25, `only ${checked.zoom} exchanges were checked`);
      assert.deepEqual(faults, []);
    } finally {
      await sandbox.stop();
    }
  });

  test("an exchange that is not as the specification says is found", () => {
    const faults = (provider, method, path, json, request) =>
      judge([{ provider, method, path, status: 200, request: { headers: {}, json: request }, response: { headers: {}, json } }])
        .faults.length;
    const zoom = "/v2/users/me/recordings";
    assert.equal(faults("zoom", "GET", zoom, { meetings: [] }), 0);
    assert.equal(faults("zoom", "GET", zoom, { meetings: [{ uuid: 5 }] }), 1);
    assert.equal(faults("zoom", "GET", `${zoom}?colour=red`, { meetings: [] }), 1);
    assert.equal(faults("zoom", "GET", `${zoom}?page_size=many`, { meetings: [] }), 1);
    assert.equal(faults("zoom", "GET", "/v2/nowhere", {}), 1);

    const mail = "/v1.0/me/messages/AAMk";
    assert.equal(faults("graph", "GET", mail, { id: "AAMk", subject: "Plan", importance: "normal" }), 0);
    assert.ok(faults("graph", "GET", mail, { id: "AAMk", subject: 5 }) > 0);
    assert.ok(faults("graph", "GET", mail, { id: "AAMk", importance: "urgent" }) > 0);
    assert.ok(faults("graph", "GET", mail, { id: "AAMk", receivedDateTime: "yesterday" }) > 0);
    const requests = [{ id: "1", method: "GET", url: "/me/messages/AAMk" }];
    const responses = [{ id: "1", status: 200, headers: {}, body: { subject: 5 } }];
    assert.ok(faults("graph", "POST", "/v1.0/$batch", { responses }, { requests }) > 0, "parts are looked at too");

    const issue = "/rest/api/3/issue/DEMO-42";
    assert.equal(faults("jira", "GET", issue, { id: "10042", key: "DEMO-42", fields: {} }), 0);
    assert.equal(faults("jira", "GET", `/ex/jira/0-0${issue}`, { id: 10042 }), 1);
    assert.equal(faults("jira", "GET", issue, { id: "10042", colour: "red" }), 1);
    assert.equal(faults("jira", "POST", "/rest/api/3/issue/bulkfetch", { issues: [] }, { issueIdsOrKeys: 5 }), 1);
  });

  // A gateway's requests: whoever drove it kept the exchanges (`PUT {control}/exchanges` with `{"keep":true}`).
  test("a gateway's exchanges are as the specifications say", { skip: !process.env.SANDBOX_CONTROL }, async () => {
    const { faults, checked } = judge(await control(process.env.SANDBOX_CONTROL, "GET", "/exchanges"));
    assert.ok(Object.keys(checked).length > 0, "no exchange was kept");
    assert.deepEqual(faults, []);
  });
}
