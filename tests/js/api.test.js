import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { body: { dataset: {} } };
const { createJob } = await import("../../web_ui/static/js/api.js");

/** @type {string[]} */
const keys = [];
/** @type {(() => Response)[]} */
const answers = [];
globalThis.fetch = async (_, { headers }) => {
  keys.push(headers["Idempotency-Key"]);
  return /** @type {() => Response} */ (answers.shift())();
};
const job = () => Response.json({ id: "1" });
const lost = () => { throw new TypeError("network"); };

test("a job asked for again after a lost answer carries the same key; another job, or the same once it exists, a new one", async () => {
  answers.push(lost, job, job, job);
  await assert.rejects(createJob("/train", { a: 1 }), { status: 0 });
  await createJob("/train", { a: 1 });
  await createJob("/train", { a: 1 });
  await createJob("/train", { a: 2 });
  assert.equal(keys[0], keys[1]);
  assert.equal(new Set(keys).size, 3);
});
