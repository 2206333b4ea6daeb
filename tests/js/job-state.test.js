import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { body: { dataset: {} } };
const { possibleActions } = await import("../../web_ui/static/js/monitor/job-actions.js");
const { progressText, stateLabel } = await import("../../web_ui/static/js/monitor/job-state.js");

test("a request shows before the runner has seen it, and can be taken back", () => {
  const describe = (state, desired) =>
    [stateLabel({ state, desired }), ...possibleActions({ state, desired })].join(", ");
  assert.equal(describe("queued", "run"), "Waiting, pause, cancel");
  for (const state of ["queued", "running", "interrupted", "pausing"])
    assert.equal(describe(state, "pause"), "Pausing, resume, cancel");
  assert.equal(describe("paused", "pause"), "Paused, resume, cancel, delete");
  for (const state of ["paused", "failed"]) assert.equal(describe(state, "run"), "Waiting, pause, cancel");
  assert.equal(describe("pausing", "run"), "Running, pause, cancel");
  assert.equal(describe("failed", null), "Failed, resume, again, delete");
  assert.equal(describe("queued", "cancel"), "Cancelling");
});

test("a job waits for its runner before its first attempt and after it was resumed", () => {
  const describe = (state, attempts) => progressText({ state, attempts, desired: "run", role: "gpu" });
  assert.equal(describe("queued", 0), "Waits for the GPU runner");
  assert.equal(describe("paused", 1), "Waits for the GPU runner");
  assert.equal(describe("queued", 3), "Waits to continue");
});

test("a job that waits for a retry shows the time, and can be resumed at once", () => {
  const job = (/** @type {number} */ inS) => ({
    state: "queued",
    attempts: 4,
    desired: "run",
    role: "cpu",
    retry_at: new Date(Date.now() + inS * 1000).toISOString(),
  });
  assert.match(progressText(job(30)), /tried again in (29|30) s$/);
  assert.deepEqual(possibleActions(job(30)), ["pause", "resume", "cancel"]);
  assert.equal(progressText(job(-1)), "Waits to continue");
  assert.deepEqual(possibleActions(job(-1)), ["pause", "cancel"]);
});

test("a job whose dataset lost much says so beside its state", () => {
  const job = (/** @type {any} */ result) =>
    /** @type {any} */ ({ state: "succeeded", desired: null, result });
  const great = { kind: "rejected", is_warning: true };
  const small = { kind: "merged", is_warning: false };
  assert.equal(stateLabel(job({ losses: [small, great] })), "Done with losses");
  assert.equal(stateLabel(job({ dataset_losses: [great] })), "Done with losses");
  assert.equal(stateLabel(job({ losses: [small] })), "Done");
  assert.equal(stateLabel(job(null)), "Done");
});
