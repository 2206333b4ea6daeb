import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { body: { dataset: {} } };
const { chooseTexts } = await import("../../web_ui/static/js/monitor/watched-sample.js");

const written = (/** @type {number} */ step, /** @type {string} */ text) => ({ step, text, rougeL: 0.5 });

test("equal texts in a row are one entry with the range of its steps", () => {
  const shown = chooseTexts([written(1, "a"), written(2, "b"), written(3, "b"), written(4, "a")]);
  assert.deepEqual(
    shown.map(({ step, lastStep, text }) => [step, lastStep, text]),
    [
      [1, 1, "a"],
      [2, 3, "b"],
      [4, 4, "a"],
    ],
  );
});

test("of many texts the first, the latest and some between are shown", () => {
  const shown = chooseTexts(Array.from({ length: 100 }, (_, step) => written(step, `text ${step}`)));
  assert.equal(shown.length, 8);
  assert.deepEqual([shown[0].step, shown[7].step], [0, 99]);
});
