// One more test for a file that drives the sandbox: what it was answered is as the vendor's specification says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { folder, judge, present } from "./specs.mjs";

/** Adds the test; `sandbox()` gives the running sandbox, which keeps bodies. */
export function judgeAtTheEnd(provider, sandbox, { atLeast }) {
  if (!present) {
    console.warn(`\n*** WARNING: no specifications at ${folder}: conformance is NOT checked ***\n`);
    test("specs folder absent: conformance NOT checked", () => {});
    return;
  }
  test(`everything ${provider} was asked and answered above is as its specification says`, async () => {
    const { faults, checked } = judge(await sandbox().control("GET", "/exchanges"));
    assert.ok((checked[provider] ?? 0) >= atLeast, `only ${checked[provider] ?? 0} exchanges were checked`);
    assert.deepEqual(faults, []);
  });
}
