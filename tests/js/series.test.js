import assert from "node:assert/strict";
import { test } from "node:test";
import { Series, alignSteps, smooth } from "../../web_ui/static/js/charts/series.js";

test("a value that appears late leaves gaps before it", () => {
  const series = new Series();
  series.add(10, { train_loss: 2 });
  series.add(20, { train_loss: 1, eval_loss: 1.5 });
  assert.deepEqual(series.column("eval_loss"), [null, 1.5]);
  assert.equal(series.latest("train_loss"), 1);
});

test("a training that went back to a checkpoint measures a step again, and the newer value counts", () => {
  const series = new Series();
  for (const step of [10, 20, 30]) series.add(step, { train_loss: step });
  series.add(20, { train_loss: 5 });
  assert.deepEqual(series.steps, [10, 20, 30]);
  assert.deepEqual(series.column("train_loss"), [10, 5, 30]);
});

test("values of one step from two events stand in one place", () => {
  const series = new Series();
  series.add(10, { train_loss: 2 });
  series.add(10, { rougeL: 0.25 });
  assert.deepEqual(series.steps, [10]);
  assert.deepEqual(series.column("rougeL"), [25]);
});

test("smoothing starts at the first value and keeps gaps", () => {
  const values = smooth([4, null, 4, 4], 0.9);
  assert.equal(values[1], null);
  for (const place of [0, 2, 3]) assert.ok(Math.abs(/** @type {number} */ (values[place]) - 4) < 1e-12);
});

test("smoothing leaves less movement than there was", () => {
  const noisy = Array.from({ length: 50 }, (_, index) => (index % 2 ? 1 : 3));
  const calm = smooth(noisy, 0.9);
  assert.ok(Math.max(...calm.slice(20)) - Math.min(...calm.slice(20)) < 0.5);
});

test("runs of different steps share one axis", () => {
  assert.deepEqual(
    alignSteps([
      { steps: [1, 3], values: [10, 30] },
      { steps: [2, 3], values: [21, 31] },
    ]),
    [
      [1, 2, 3],
      [10, null, 30],
      [null, 21, 31],
    ],
  );
});

test("the data of a chart does not change while the run continues", () => {
  const series = new Series();
  series.add(1, { train_loss: 2 });
  const [steps, values] = alignSteps([{ steps: series.steps, values: series.column("train_loss") }]);
  series.add(2, { train_loss: 1 });
  assert.deepEqual([steps, values], [[1], [2]]);
});

test("100,000 measurements are added in time that grows linearly with their number", () => {
  const series = new Series();
  const start = performance.now();
  for (let step = 0; step < 100_000; step += 1)
    series.add(step, { train_loss: 1, learning_rate: 0.1, grad_norm: 1 });
  assert.equal(series.column("grad_norm").length, 100_000);
  assert.ok(performance.now() - start < 10_000);
});

test("a sparse column has no gaps, keeps its ends, and is short", () => {
  const series = new Series();
  for (let step = 0; step < 1000; step += 1) series.add(step, step % 2 ? { loss: step } : { other: 1 });
  const { steps, values } = series.sparse("loss", 60);
  assert.equal(steps.length, 60);
  assert.deepEqual([steps[0], steps.at(-1)], [1, 999]);
  assert.deepEqual(values, steps);
  assert.deepEqual(series.sparse("nothing", 60), { steps: [], values: [] });
});
