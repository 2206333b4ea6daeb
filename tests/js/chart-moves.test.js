import assert from "node:assert/strict";
import { test } from "node:test";
import { moveRange } from "../../web_ui/static/js/charts/chart-moves.js";

test("a chart moves within what was measured, and keeps its zoom", () => {
  assert.deepEqual(moveRange([20, 30], { shift: 0.5 }, [0, 100]), [25, 35]);
  assert.deepEqual(moveRange([20, 30], { shift: 50 }, [0, 100]), [90, 100]);
  assert.deepEqual(moveRange([20, 30], { shift: -50 }, [0, 100]), [0, 10]);
});

test("zooming keeps the place that is pointed at, down to a narrowest width and out to everything", () => {
  assert.deepEqual(moveRange([20, 40], { factor: 0.5, at: 0.25 }, [0, 100]), [22.5, 32.5]);
  assert.deepEqual(moveRange([20, 40], { factor: 0.01 }, [0, 100], 4), [28, 32]);
  assert.deepEqual(moveRange([20, 40], { factor: Infinity }, [0, 100]), [0, 100]);
});
