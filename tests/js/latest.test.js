import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { body: { dataset: {} } };
globalThis.window = new EventTarget();
const { ApiError } = await import("../../web_ui/static/js/base/api.js");
const { latest } = await import("../../web_ui/static/js/base/latest.js");

/** Requests that are answered by hand, in any order. */
function byHand() {
  const waiting = [];
  const request = (signal, name) =>
    new Promise((resolve, reject) => waiting.push({ signal, name, resolve, reject }));
  return { waiting, request };
}

test("a slow answer never replaces a newer one, and its request is aborted", async () => {
  const { waiting, request } = byHand();
  const shown = [];
  const look = latest(request, (answer) => shown.push(answer));
  const asked = [look.ask("old"), look.ask("new")];
  assert.equal(waiting[0].signal.aborted, true);
  waiting[1].resolve("new rows");
  waiting[0].resolve("old rows");
  await Promise.all(asked);
  assert.deepEqual(shown, ["new rows"]);
});

test("an error of the service is shown unless the request was stopped; any other error is thrown", async () => {
  const { waiting, request } = byHand();
  const told = [];
  const look = latest(
    request,
    () => {},
    (error) => told.push(error.message),
  );
  const first = look.ask();
  waiting[0].reject(new ApiError(404, { message: "gone" }));
  await first;
  const second = look.ask();
  look.stop();
  waiting[1].reject(new ApiError(404, { message: "late" }));
  await second;
  const third = look.ask();
  waiting[2].reject(new TypeError("bug"));
  await assert.rejects(third, TypeError);
  assert.deepEqual(told, ["gone"]);
});

test("a request without an answer is repeated when the service is back, unless a newer one was made", async () => {
  const { waiting, request } = byHand();
  const shown = [];
  const look = latest(request, (answer) => shown.push(answer));
  const first = look.ask("name");
  waiting[0].reject(new ApiError(0, {}));
  await first;
  window.dispatchEvent(new CustomEvent("trouble", { detail: new ApiError(0, {}) }));
  assert.equal(waiting.length, 1);
  window.dispatchEvent(new CustomEvent("trouble", { detail: null }));
  assert.equal(waiting[1].name, "name");
  const newer = look.ask("other");
  waiting[1].reject(new ApiError(0, {}));
  waiting[2].resolve("answer");
  await newer;
  window.dispatchEvent(new CustomEvent("trouble", { detail: null }));
  assert.deepEqual([waiting.length, shown], [3, ["answer"]]);
});

test("a busy service is asked again for a while before an error is shown, and not after stop()", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { waiting, request } = byHand();
  const told = [];
  const look = latest(
    request,
    () => {},
    (error) => told.push(error.message),
  );
  const isBusy = async () => {
    waiting.at(-1).reject(new ApiError(429, { message: "busy" }));
    await new Promise(setImmediate);
    context.mock.timers.tick(8000);
    await new Promise(setImmediate);
  };
  void look.ask();
  for (const tries of [2, 3, 4, 5]) {
    await isBusy();
    assert.deepEqual([waiting.length, told], [tries, []]);
  }
  await isBusy();
  assert.deepEqual([waiting.length, told], [5, ["busy"]]);
  const last = look.ask();
  waiting[5].reject(new ApiError(429, {}));
  await new Promise(setImmediate);
  look.stop();
  context.mock.timers.tick(8000);
  await last;
  assert.equal(waiting.length, 6);
});
