import assert from "node:assert/strict";
import { test } from "node:test";

const listeners = new Map();
globalThis.document = { hidden: false, addEventListener: (kind, listener) => listeners.set(kind, listener), removeEventListener: (kind) => listeners.delete(kind) };
const { nextDelay, poll } = await import("../../web_ui/static/js/poll.js");
const limits = { fastMs: 1000, slowMs: 15000 };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function until(condition) {
  for (let tries = 0; tries < 500 && !condition(); tries += 1) await pause(10);
  assert.ok(condition());
}

test("an idle page asks more and more slowly, up to a limit; a busy one quickly", () => {
  assert.equal(nextDelay(1000, false, limits), 1500);
  assert.equal(nextDelay(14000, false, limits), 15000);
  assert.equal(nextDelay(15000, true, limits), 1000);
});

test("a failing task does not end the polling", async () => {
  let calls = 0;
  const poller = poll(async () => {
    calls += 1;
    throw Object.assign(new Error("unreachable"), { status: 0 });
  }, { fastMs: 5, slowMs: 10 });
  await until(() => calls > 2);
  poller.stop();
});

test("a hidden page asks nothing, and at once when it is seen again", async () => {
  let calls = 0;
  const poller = poll(async () => {
    calls += 1;
    return true;
  }, { fastMs: 5, slowMs: 10 });
  await until(() => calls > 0);
  document.hidden = true;
  await pause(20);
  const before = calls;
  await pause(40);
  assert.equal(calls, before);
  document.hidden = false;
  listeners.get("visibilitychange")();
  assert.ok(calls > before);
  poller.stop();
});
