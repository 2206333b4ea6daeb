import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import {
  formatCurlCommand,
  formatTrainCommand,
  quoteForShell,
} from "../../web_ui/static/js/forms/equivalents.js";

/** What a real shell makes of one quoted word. */
const shellReads = (word) => execFileSync("sh", ["-c", `printf %s ${word}`], { encoding: "utf8" });

test("a real shell reads every quoted word back unchanged", () => {
  for (const text of ["plain", "two words", "it's", "$(touch /tmp/x)", '"; rm -rf ~', "a\nb", ""])
    assert.equal(shellReads(quoteForShell(text)), text);
});

test("the shell command names the choice and only what was changed", () => {
  const command = formatTrainCommand(
    { preset: "default", dataset: "news", model: "tiny", output: "run 1" },
    { learning_rate: 0.0003 },
    "/my work",
  );
  assert.equal(
    command,
    "deepsynth train --dataset news --model tiny --preset default --output 'run 1' --set learning_rate=0.0003 --workspace '/my work'",
  );
});

test("the REST call's body is the JSON of the request", () => {
  const body = { dataset: "it's", learning_rate: 0.1 };
  const word = formatCurlCommand("http://localhost:5000/api/model/train", body, true).split("-d ")[1];
  assert.deepEqual(JSON.parse(shellReads(word)), body);
});

test("the token of a REST call is named, not shown", () => {
  assert.match(
    formatCurlCommand("http://localhost:5000/", {}, true),
    /"Authorization: Bearer \$DEEPSYNTH_API_TOKEN"/,
  );
  assert.doesNotMatch(formatCurlCommand("http://localhost:5000/", {}, false), /Authorization/);
});
