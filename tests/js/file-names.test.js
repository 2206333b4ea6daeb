import assert from "node:assert/strict";
import { test } from "node:test";
import { freeName, plainName } from "../../web_ui/static/js/file-names.js";

test("a stored name is plain and keeps its suffix", () => {
  assert.equal(plainName("Annual report (final).pdf"), "Annual_report_final_.pdf");
  assert.equal(plainName("報告.pdf"), "file.pdf");
  assert.equal(plainName("_notes.txt"), "notes.txt");
  assert.equal(plainName("a...pdf"), "a.pdf");
  assert.equal(plainName(""), "file");
});

test("a long name keeps its end", () => {
  const name = plainName(`${"x".repeat(200)}7.txt`);
  assert.equal(name.length, 96);
  assert.ok(name.endsWith("x7.txt"));
});

test("a taken name is numbered", () => {
  assert.equal(freeName("scan.pdf", new Set()), "scan.pdf");
  assert.equal(freeName("scan.pdf", new Set(["scan.pdf", "scan-2.pdf"])), "scan-3.pdf");
  const long = `${"x".repeat(92)}.pdf`;
  assert.equal(freeName(long, new Set([long])).length, 96);
});
