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

  test("an answer that is not as the specification says is found", async () => {
    const exchange = (json, query = "") => ({
      provider: "zoom",
      method: "GET",
      path: `/v2/users/me/recordings${query}`,
      request: { headers: {} },
      status: 200,
      response: { headers: {}, json },
    });
    assert.equal(judge([exchange({ meetings: [] })]).faults.length, 0);
    assert.equal(judge([exchange({ meetings: [{ uuid: 5 }] })]).faults.length, 1);
    assert.equal(judge([exchange({ meetings: [] }, "?colour=red")]).faults.length, 1);
    assert.equal(judge([exchange({ meetings: [] }, "?page_size=many")]).faults.length, 1);
    assert.equal(judge([{ ...exchange({}), path: "/v2/nowhere" }]).faults.length, 1);
  });

  // A gateway's requests: whoever drove it kept the exchanges (`PUT {control}/exchanges` with `{"keep":true}`).
  test("a gateway's exchanges are as the specifications say", { skip: !process.env.SANDBOX_CONTROL }, async () => {
    const { faults, checked } = judge(await control(process.env.SANDBOX_CONTROL, "GET", "/exchanges"));
    assert.ok(Object.keys(checked).length > 0, "no exchange was kept");
    assert.deepEqual(faults, []);
  });
}
