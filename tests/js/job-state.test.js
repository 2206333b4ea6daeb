import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { body: { dataset: {} } };
const { actionLabel, possibleActions } = await import("../../web_ui/static/js/monitor/job-actions.js");
const { refreshSystem } = await import("../../web_ui/static/js/base/system.js");
const { progressPercent, progressText, stateLabel } =
  await import("../../web_ui/static/js/monitor/job-state.js");

test("a request shows before the runner has seen it, and can be taken back", () => {
  const describe = (state, desired) =>
    [stateLabel({ state, desired }), ...possibleActions({ state, desired })].join(", ");
  assert.equal(describe("queued", "run"), "Waiting, pause, cancel, first");
  for (const state of ["queued", "running", "interrupted", "pausing"])
    assert.equal(describe(state, "pause"), "Pausing, resume, cancel");
  assert.equal(describe("paused", "pause"), "Paused, resume, cancel, delete");
  for (const state of ["paused", "failed"])
    assert.equal(describe(state, "run"), "Waiting, pause, cancel, first");
  assert.equal(describe("pausing", "run"), "Running, pause, cancel");
  assert.equal(describe("failed", null), "Failed, resume, again, delete");
  assert.equal(describe("queued", "cancel"), "Cancelling");
});

test("a job says what it waits for: its runner, the jobs before it, or its turn", async () => {
  const describe = (state, attempts) =>
    progressText({ state, attempts, desired: "run", role: "gpu", waits_for: [] });
  /** @param {boolean} isAlive @param {string[]} titles of the running jobs */
  async function answer(isAlive, titles) {
    const runner = {
      role: "gpu",
      is_alive: isAlive,
      num_slots: 1,
      running: titles,
      running_titles: titles,
      holders: [],
    };
    globalThis.fetch = async () => Response.json({ runners: [runner] });
    await refreshSystem();
  }
  assert.equal(describe("queued", 0), "Waits for its turn");
  await answer(false, []);
  assert.equal(describe("queued", 0), "Waits for the GPU runner");
  assert.equal(describe("paused", 1), "Waits for the GPU runner");
  await answer(true, ["big_model"]);
  assert.equal(describe("queued", 0), "Waits behind big_model");
  await answer(true, []);
  assert.equal(describe("queued", 0), "Waits for its turn");
  assert.equal(describe("queued", 3), "Back in the queue");
});

test("a waiting job says its place in line and when it is expected to start, if that is known", () => {
  const describe = (queue) =>
    progressText({ state: "queued", attempts: 0, desired: "run", role: "cpu", waits_for: [], queue });
  assert.equal(describe({ place: 1, starts_in_s: null }), "Waits for its turn");
  assert.equal(describe({ place: 1, starts_in_s: 720 }), "Waits for its turn · starts in about 12 min");
  assert.equal(describe({ place: 2, starts_in_s: null }), "Waits for its turn · 2nd in line");
  assert.equal(describe({ place: 11, starts_in_s: 0 }), "Waits for its turn · 11th in line");
});

test("a job that waits for others names them and how far they are", () => {
  const progress = { done: 5, total: 10, unit: "samples", share: 0.45 };
  const waits_for = [
    { title: "news", progress },
    { title: "more", progress: null },
  ];
  const job = { state: "queued", attempts: 0, desired: "run", role: "gpu", waits_for };
  assert.equal(progressText(job), "Starts after news (45% done) and more");
});

test("a running job says its activity, its position in it, and the time left of all", () => {
  const progress = {
    activity: "Training",
    done: 50,
    total: 400,
    unit: "steps",
    share: 0.2,
    rate: 4,
    eta_s: 30,
  };
  const job = (/** @type {any} */ values) =>
    /** @type {any} */ ({
      state: "running",
      desired: "run",
      waits_for: [],
      progress: { ...progress, ...values },
    });
  assert.equal(progressText(job({})), "Training · 50 of 400 steps · 4 steps/s · 30 s left");
  assert.match(progressText(job({ eta_s: 600 })), /10 min left, until (.+, )?\d\d:\d\d$/);
  assert.equal(
    progressText(job({ activity: "Loading", unit: "", done: 0, rate: null, eta_s: null })),
    "Loading",
  );
  assert.equal(progressPercent(job({})), "20%");
  assert.equal(progressPercent(job({ share: null, done: 100 })), "25%");
});

test("a job that waits for a retry shows the time, and can be resumed at once", () => {
  const job = (/** @type {number} */ inS) => ({
    state: "queued",
    attempts: 4,
    desired: "run",
    role: "cpu",
    waits_for: [],
    retry_at: new Date(Date.now() + inS * 1000).toISOString(),
  });
  assert.match(progressText(job(30)), /trying again in (29|30) s$/);
  assert.deepEqual(possibleActions(job(30)), ["pause", "resume", "cancel", "first"]);
  assert.equal(progressText(job(-1)), "Back in the queue");
  assert.deepEqual(possibleActions(job(-1)), ["pause", "cancel", "first"]);
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

test("a job that failed without network offers to try again", () => {
  const job = (/** @type {string} */ code) => /** @type {any} */ ({ state: "failed", error: { code } });
  assert.equal(actionLabel(job("hub_unreachable"), "resume"), "Try again");
  assert.equal(actionLabel(job("source_failed"), "resume"), "Resume");
});
