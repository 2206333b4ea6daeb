import assert from "node:assert/strict";
import { test } from "node:test";
import { sanitizeFileName, uniqueFileName } from "../../web_ui/static/js/widgets/file-names.js";

test("a stored name is plain and keeps its suffix", () => {
  assert.equal(sanitizeFileName("Annual report (final).pdf"), "Annual_report_final_.pdf");
  assert.equal(sanitizeFileName("報告.pdf"), "file.pdf");
  assert.equal(sanitizeFileName("_notes.txt"), "notes.txt");
  assert.equal(sanitizeFileName("a...pdf"), "a.pdf");
  assert.equal(sanitizeFileName(""), "file");
});

test("a long name keeps its end", () => {
  const name = sanitizeFileName(`${"x".repeat(200)}7.txt`);
  assert.equal(name.length, 96);
  assert.ok(name.endsWith("x7.txt"));
});

test("a taken name is numbered", () => {
  assert.equal(uniqueFileName("scan.pdf", new Set()), "scan.pdf");
  assert.equal(uniqueFileName("scan.pdf", new Set(["scan.pdf", "scan-2.pdf"])), "scan-3.pdf");
  const long = `${"x".repeat(92)}.pdf`;
  assert.equal(uniqueFileName(long, new Set([long])).length, 96);
});
