import assert from "node:assert/strict";
import { test } from "node:test";
import { flattened, nested, parse, same, shown } from "../../web_ui/static/js/values.js";

const size = { kind: "integer", nullable: true };
const rate = { kind: "number", nullable: false };

test("texts become values, and what is no number stays text for the service to refuse", () => {
  assert.equal(parse(size, " 7 "), 7);
  assert.equal(parse(size, ""), null);
  assert.equal(parse(rate, "5e-5"), 0.00005);
  assert.equal(parse(rate, "many"), "many");
  assert.equal(parse({ kind: "boolean", nullable: false }, "true"), true);
  assert.deepEqual(parse({ kind: "list", nullable: false }, "train, test,"), ["train", "test"]);
});

test("dotted paths and objects turn into each other", () => {
  const flat = { "rendering.mode": "base", "rendering.degradation.blur_px": 1, name: "a" };
  assert.deepEqual(nested(flat), { rendering: { mode: "base", degradation: { blur_px: 1 } }, name: "a" });
  assert.deepEqual(flattened(nested(flat)), flat);
});

test("equality and display treat null, undefined and lists as people do", () => {
  assert.ok(same(undefined, null));
  assert.ok(!same(0, null));
  assert.equal(shown(null), "");
  assert.equal(shown(["train", "test"]), "train, test");
});
