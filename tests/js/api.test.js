import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { body: { dataset: {} } };
const { createJob, get } = await import("../../web_ui/static/js/base/api.js");

/** @type {string[]} */
const keys = [];
/** @type {(() => Response)[]} */
const answers = [];
globalThis.fetch = async (_, { headers = {} }) => {
  keys.push(headers["Idempotency-Key"]);
  return /** @type {() => Response} */ (answers.shift())();
};
const job = () => Response.json({ id: "1" });
const lost = () => {
  throw new TypeError("network");
};

test("a request repeated after a lost answer has the same key; another job has a new one", async () => {
  answers.push(lost, job, job, job);
  await assert.rejects(createJob("/train", { a: 1 }), { status: 0 });
  await createJob("/train", { a: 1 });
  await createJob("/train", { a: 1 });
  await createJob("/train", { a: 2 });
  assert.equal(keys[0], keys[1]);
  assert.equal(new Set(keys).size, 3);
});

test("calls at the same time share one request; later calls, also after a failure, make a new one", async () => {
  answers.push(job, lost, job);
  const number = answers.length;
  const [first, second] = await Promise.all([get("/system"), get("/system")]);
  assert.equal(first, second);
  assert.equal(answers.length, number - 1);
  await assert.rejects(get("/system"), { status: 0 });
  assert.deepEqual(await get("/system"), { id: "1" });
});
