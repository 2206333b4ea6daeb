import assert from "node:assert/strict";
import { test } from "node:test";
import {
  flattenPaths,
  isEqual,
  nestPaths,
  parseControl,
  valueToText,
} from "../../web_ui/static/js/base/values.js";

const size = { kind: "integer", nullable: true };
const rate = { kind: "number", nullable: false };

test("texts become values, and what is no number stays text for the service to refuse", () => {
  assert.equal(parseControl(size, " 7 "), 7);
  assert.equal(parseControl(size, ""), null);
  assert.equal(parseControl(rate, "5e-5"), 0.00005);
  assert.equal(parseControl(rate, "many"), "many");
  assert.equal(parseControl({ kind: "boolean", nullable: false }, "true"), true);
  assert.deepEqual(parseControl({ kind: "list", nullable: false }, "train, test,"), ["train", "test"]);
});

test("dotted paths and objects turn into each other", () => {
  const flat = { "rendering.mode": "base", "rendering.degradation.blur_px": 1, name: "a" };
  assert.deepEqual(nestPaths(flat), { rendering: { mode: "base", degradation: { blur_px: 1 } }, name: "a" });
  assert.deepEqual(flattenPaths(nestPaths(flat)), flat);
});

test("equality and display treat null, undefined and lists as people do", () => {
  assert.ok(isEqual(undefined, null));
  assert.ok(!isEqual(0, null));
  assert.equal(valueToText(null), "");
  assert.equal(valueToText(["train", "test"]), "train, test");
});
