import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { body: { dataset: {} } };
const { freeName, makeName } = await import("../../web_ui/static/js/forms/propose-name.js");

test("a taken name gets the next free number", () => {
  assert.equal(freeName("trained_model", []), "trained_model");
  assert.equal(freeName("trained_model", ["trained_model", "trained_model_2"]), "trained_model_3");
  assert.equal(freeName("run-2", ["run-2"]), "run_2");
});

test("a file or a set on the Hub proposes a name that a dataset may have", () => {
  for (const [text, name] of [
    ["upload:news items.jsonl", "news_items"],
    ["upload:files", "files"],
    ["/data/years/2024.csv.gz", "2024"],
    ["owner/some-set", "some-set"],
    ["upload:данные.csv", ""],
    ["", ""],
  ])
    assert.equal(makeName(text), name, text);
});
