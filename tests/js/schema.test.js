import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldsOf, flattened, nested, parse, same, shown } from "../../web_ui/static/js/schema.js";

const openapi = {
  components: {
    schemas: {
      Config: {
        properties: {
          name: { type: "string", description: "folder" },
          size: { anyOf: [{ type: "integer", minimum: 1, maximum: 9 }, { type: "null" }], default: null, description: "empty: all" },
          rate: { type: "number", exclusiveMinimum: 0, default: 0.5 },
          mode: { enum: ["base", "large"], type: "string", default: "base" },
          source: { oneOf: [{ $ref: "#/components/schemas/Inner" }] },
          inner: { $ref: "#/components/schemas/Inner" },
          extra: { anyOf: [{ $ref: "#/components/schemas/Inner" }, { type: "null" }], default: null },
          splits: { type: "array", items: { type: "string" }, default: [] },
        },
      },
      Inner: { properties: { flag: { type: "boolean", default: true } } },
    },
  },
};
const fields = fieldsOf(openapi, "Config");
const field = (path) => fields.find((candidate) => candidate.path === path);

test("nested objects are flattened; choices between objects and optional objects are left to their own pickers", () => {
  assert.deepEqual(fields.map(({ path }) => path), ["name", "size", "rate", "mode", "inner.flag", "splits"]);
});

test("a nullable number keeps its bounds, description and emptiness", () => {
  assert.deepEqual(field("size"), { path: "size", description: "empty: all", kind: "integer", isNullable: true, options: [], minimum: 1, maximum: 9, initial: null });
});

test("a required text starts empty, not null, so that an untouched form shows no change", () => {
  assert.equal(field("name").initial, "");
});

test("an unknown reference is an error, not an empty form", () => {
  assert.throws(() => fieldsOf(openapi, "Missing"), /describes no/);
});

test("texts become values, and what is no number stays text for the service to refuse", () => {
  assert.equal(parse(field("size"), " 7 "), 7);
  assert.equal(parse(field("size"), ""), null);
  assert.equal(parse(field("rate"), "5e-5"), 0.00005);
  assert.equal(parse(field("rate"), "many"), "many");
  assert.equal(parse(field("inner.flag"), "true"), true);
  assert.deepEqual(parse(field("splits"), "train, test,"), ["train", "test"]);
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
