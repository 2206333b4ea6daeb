import assert from "node:assert/strict";
import { test } from "node:test";
import {
  describeStyle,
  formatLogTick,
  formatAge,
  formatBytes,
  formatCompression,
  formatDuration,
  formatErrorRate,
  formatMetric,
  formatNumber,
  formatPercent,
  formatRoughDuration,
  formatMinute,
  formatTime,
  humanizeName,
} from "../../web_ui/static/js/base/format.js";

test("durations use the two largest units", () => {
  assert.equal(formatDuration(42), "42 s");
  assert.equal(formatDuration(60), "1 min");
  assert.equal(formatDuration(61), "1 min 1 s");
  assert.equal(formatDuration(3720), "1 h 2 min");
  assert.equal(formatDuration(100_000), "1 d 3 h");
  assert.equal(formatDuration(null), "–");
});

test("expected times are rounded to minutes", () => {
  assert.deepEqual([42, 95, 858, 3720, null].map(formatRoughDuration), [
    "42 s",
    "2 min",
    "14 min",
    "1 h 2 min",
    "–",
  ]);
});

test("compression has three digits", () =>
  assert.deepEqual([formatCompression(1.2422), formatCompression(12.34)], ["1.24×", "12.3×"]));

test("sizes", () => {
  assert.equal(formatBytes(999), "999 B");
  assert.equal(formatBytes(1500), "1.5 kB");
  assert.equal(formatBytes(181_234_567), "181 MB");
});

test("measured values keep four digits, and small ones their exponent", () => {
  assert.equal(formatNumber(0.951234), "0.9512");
  assert.equal(formatNumber(5e-5), "5.00e-5");
  assert.equal(formatNumber(0), "0");
  assert.equal(formatNumber(Number.NaN), "–");
});

test("ROUGE has one decimal, whatever its value", () => {
  assert.deepEqual(
    [formatMetric("rougeL", 98.7), formatMetric("ROUGE", 97.5734), formatMetric("rouge1", 100)],
    ["98.7", "97.6", "100.0"],
  );
  assert.equal(formatMetric("eval_loss", 0.951234), "0.9512");
  assert.equal(formatMetric("rougeL", null), "–");
});

test("a rate of character errors shows hundredths of a percent", () =>
  assert.equal(formatErrorRate(0.00081), "0.08%"));

test("99.9 percent is not yet 100, and 29 of 100 are 29", () => {
  assert.equal(formatPercent(0.999), "99%");
  for (let done = 0; done <= 100; done += 1) assert.equal(formatPercent(done / 100), `${done}%`);
});

test("times say how long ago", () => {
  const now = Date.parse("2026-01-01T12:00:00Z");
  assert.equal(formatAge("2026-01-01T11:59:58Z", now), "just now");
  assert.equal(formatAge("2026-01-01T11:58:30Z", now), "1 min ago");
  assert.equal(formatAge(null, now), "");
});

test("a moment of another day has its date", () => {
  const now = new Date(2026, 0, 2, 12, 0, 0);
  assert.equal(formatTime(new Date(2026, 0, 2, 9, 5, 7), now), "09:05:07");
  assert.equal(formatTime(new Date(2026, 0, 1, 9, 5, 7), now), "1 Jan, 09:05:07");
  assert.equal(formatMinute(new Date(2026, 0, 1, 9, 5, 7), now), "1 Jan, 09:05");
});

test("field names become words", () => assert.equal(humanizeName("num_train_epochs"), "Num train epochs"));

test("ticks of a logarithmic axis are never rounded to 0", () => {
  assert.deepEqual([1e-7, 2e-5, 0.001, 0.01, 10, 1e6, null].map(formatLogTick), [
    "1e-7",
    "2e-5",
    "0.001",
    "0.01",
    "10",
    "1e6",
    "",
  ]);
});

test("a style is one short line, and nothing where all documents look alike", () => {
  assert.equal(describeStyle({ font_size_px: 14, jpeg_quality: null }), "font size px 14, jpeg quality none");
  assert.equal(describeStyle({}), "");
});
