import assert from "node:assert/strict";
import { test } from "node:test";
import { panned } from "../../web_ui/static/js/chart-pan.js";

test("a chart moves by what was asked", () => assert.deepEqual(panned(20, 40, 5, [0, 100]), { min: 25, max: 45 }));

test("a chart never moves past what was measured, and keeps its width", () => {
  assert.deepEqual(panned(20, 40, -50, [0, 100]), { min: 0, max: 20 });
  assert.deepEqual(panned(20, 40, 500, [0, 100]), { min: 80, max: 100 });
});
