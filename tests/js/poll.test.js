import assert from "node:assert/strict";
import { test } from "node:test";

const listeners = new Map();
/** @type {(Error | null)[]} */
const troubles = [];
globalThis.window = { dispatchEvent: (event) => troubles.push(event.detail) };
globalThis.document = {
  hidden: false,
  addEventListener: (kind, listener) => listeners.set(kind, listener),
  removeEventListener: (kind) => listeners.delete(kind),
};
const { nextDelay, poll } = await import("../../web_ui/static/js/base/poll.js");
const limits = { fastMs: 1000, slowMs: 15000 };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function until(condition) {
  for (let tries = 0; tries < 500 && !condition(); tries += 1) await pause(10);
  assert.ok(condition());
}

test("an idle page asks less and less often, down to a limit; a busy page asks often", () => {
  assert.equal(nextDelay(1000, false, limits), 1500);
  assert.equal(nextDelay(14000, false, limits), 15000);
  assert.equal(nextDelay(15000, true, limits), 1000);
});

test("a failing task does not end the polling, and the page is told of the failure and of its end", async () => {
  let calls = 0;
  const poller = poll(
    async () => {
      calls += 1;
      if (calls < 3) throw Object.assign(new Error("broken"), { status: 500 });
      return false;
    },
    { fastMs: 5, slowMs: 10 },
  );
  await until(() => calls > 2);
  poller.stop();
  assert.deepEqual(
    troubles.map((error) => error?.message),
    ["broken", "broken", undefined],
  );
});

test("now() during a request makes one more request after it", async () => {
  let calls = 0;
  let answer = () => {};
  const poller = poll(
    () => {
      calls += 1;
      return new Promise((resolve) => (answer = () => resolve(false)));
    },
    { fastMs: 60_000 },
  );
  poller.now();
  poller.now();
  answer();
  await until(() => calls === 2);
  await pause(20);
  assert.equal(calls, 2);
  poller.stop();
});

test("a hidden page asks nothing; it asks at once when it is visible again", async () => {
  let calls = 0;
  const poller = poll(
    async () => {
      calls += 1;
      return true;
    },
    { fastMs: 5, slowMs: 10 },
  );
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

test("a hidden page asks only where that was wished, and only while something changes", async () => {
  let calls = 0;
  const answers = [true, true, false];
  const poller = poll(
    async () => {
      calls += 1;
      document.hidden = true;
      return answers.shift() ?? false;
    },
    { fastMs: 5, slowMs: 10, hiddenMs: 10 },
  );
  await until(() => calls === 3);
  await pause(60);
  assert.equal(calls, 3);
  poller.stop();
  document.hidden = false;
});
