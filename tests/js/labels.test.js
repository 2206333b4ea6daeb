import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { body: { dataset: {} } };
const { replacePaths } = await import("../../web_ui/static/js/forms/labels.js");
const LABELS = {
  name: "Name",
  seed: "Seed",
  dataset: "Dataset",
  revision: "Revision",
  max_length: "Max length",
  "columns.summary": "Summary",
  "rendering.font_size_px": "Font size px",
  "source.encoding": "Encoding",
};

test("a message names fields by their labels", () => {
  for (const [text, expected] of [
    ["Name another one as columns.summary. Columns: a, b.", "Name another one as “Summary”. Columns: a, b."],
    ["Leave rendering.font_size_px out.", "Leave “Font size px” out."],
    ["is not UTF-8; `source.encoding` reads others", "is not UTF-8; “Encoding” reads others"],
    [
      "name must be letters, not 'a b'; seed is too large a number.",
      "“Name” must be letters, not 'a b'; “Seed” is too large a number.",
    ],
    ["Set revision to a commit.", "Set “Revision” to a commit."],
    ["Texts were cut at max_length=512.", "Texts were cut at “Max length”=512."],
  ])
    assert.equal(replacePaths(text, LABELS), expected);
});

test("words, values and files that are no fields stay as they are", () => {
  for (const text of [
    "There is no dataset 'seed'. Is its name right?",
    "The file max_length.json is damaged, and so is folder/max_length/x.",
    "constructor is not a known field.",
    "upload:name.jsonl",
  ])
    assert.equal(replacePaths(text, LABELS), text);
});
