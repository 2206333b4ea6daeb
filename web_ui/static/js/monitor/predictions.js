// The texts that a model wrote, each with its reference if there is one.

import { makeElement } from "../base/dom.js";
import { makeSection, makeTextList, readArtifact } from "./sample-parts.js";

/** @typedef {import("./job-state.js").Job} Job */

const MAX_SAMPLES = 24;

/** @param {Record<string, any>} line */
function makePrediction(line) {
  const isSame = line.reference && line.prediction === line.reference;
  const marks = [
    line.looping ? "repeats itself" : "",
    line.cut ? `cut after ${line.num_tokens} tokens` : "",
  ].filter(Boolean);
  const pages = line.num_pages ? `${line.num_pages} ${line.num_pages === 1 ? "page" : "pages"}` : "";
  return makeElement(
    "article",
    { class: "sample" },
    makeElement(
      "div",
      { class: "row" },
      makeElement("code", { class: "muted" }, line.document_id ?? line.input ?? ""),
      pages ? makeElement("span", { class: "muted small" }, pages) : null,
      ...marks.map((mark) => makeElement("span", { class: "badge badge--warn" }, mark)),
      isSame ? makeElement("span", { class: "badge badge--ok" }, "same as the reference") : null,
    ),
    makeTextList(
      line.error
        ? { Error: line.error }
        : { Prediction: line.prediction, Summary: line.summary, Reference: line.reference },
    ),
  );
}

/** @param {Job} job */
export async function makePredictions(job) {
  const isScored = job.kind !== "prediction";
  const text = await readArtifact(job, "predictions");
  /** @type {Record<string, any>[]} */
  const lines = text
    ? text
        .trim()
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : (job.result?.examples ?? []);
  if (!lines.length) return [];
  const shown = lines.slice(0, MAX_SAMPLES).map(makePrediction);
  const of = `${shown.length} of ${lines.length}.${lines.length > MAX_SAMPLES ? " The rest is in the files." : ""}`;
  if (!isScored) return [makeSection("Summaries", `What the model wrote for each input: ${of}`, ...shown)];
  const step = lines[0].step === undefined ? "" : ` After step ${lines[0].step}.`;
  return [makeSection("Predictions", `What the model wrote, with its reference: ${of}${step}`, ...shown)];
}
