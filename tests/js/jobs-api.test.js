import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { body: { dataset: {} } };
const { possibleActions, stateWords } = await import("../../web_ui/static/js/jobs-api.js");

test("what is asked of a job shows before its runner has seen it, and can be taken back", () => {
  const said = (state, desired) => [stateWords({ state, desired }), ...possibleActions({ state, desired })].join(", ");
  assert.equal(said("queued", "run"), "Waiting, pause, cancel");
  for (const state of ["queued", "running", "interrupted", "pausing"]) assert.equal(said(state, "pause"), "Pausing, resume, cancel");
  assert.equal(said("paused", "pause"), "Paused, resume, cancel, delete");
  for (const state of ["paused", "failed"]) assert.equal(said(state, "run"), "Waiting, pause, cancel");
  assert.equal(said("pausing", "run"), "Running, pause, cancel");
  assert.equal(said("failed", null), "Failed, resume, delete");
  assert.equal(said("queued", "cancel"), "Cancelling");
});
