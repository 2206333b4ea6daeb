// What the job sees and says: pages of a dataset, the first real batch of a training, predictions beside their references.

import { API, ApiError, get } from "../base/api.js";
import { findElement, makeElement } from "../base/dom.js";
import { makeZoomableImage } from "../widgets/zoom.js";
import { ACTIVE_STATES } from "./jobs-api.js";

/** @typedef {import("./jobs-api.js").Job} Job */

const MAX_SAMPLES = 24;

/**
 * Read one of the job's files; null while it is not there.
 * @param {Job} job
 * @param {string} path
 */
async function readArtifact(job, path) {
  const { artifacts } = await get(`/jobs/${job.id}/artifacts`);
  const file = artifacts.find((/** @type {{path: string}} */ known) => known.path === path);
  if (!file) return null;
  const answer = await fetch(file.url);
  return answer.ok ? answer.text() : null;  // removed just now, for a newer one
}

/** @param {string} title @param {string} note @param {...Node} content */
const makeSection = (title, note, ...content) => makeElement("section", { class: "stack-s" }, makeElement("h2", {}, title), makeElement("p", { class: "muted small" }, note), ...content);

/** @param {Job} job */
async function makeDatasetPages(job) {
  const name = encodeURIComponent(job.config.name);
  let dataset;
  try {
    dataset = await get(`/datasets/${name}`);
  } catch (error) {
    if (error instanceof ApiError && error.status !== 0) return [];
    throw error;
  }
  const split = Object.keys(dataset.splits ?? {})[0];
  if (!split) return [];
  const pages = Array.from({ length: Math.min(12, dataset.splits[split].num_kept ?? dataset.splits[split]) }, (_, row) =>
    makeZoomableImage(`${API}/datasets/${name}/pages/${split}/${row}/1.png`, `Page 1 of sample ${row} in ${split}`));
  return [makeSection("Pages", `The first pages of ${split}, as the model sees them.`, makeElement("div", { class: "page-grid" }, ...pages))];
}

/** @param {Job} job */
async function makeFirstBatch(job) {
  const text = await readArtifact(job, "first_batch.json");
  if (!text) return [];
  /** @type {{pages: string[], prompt: string, samples: {num_pages: number, labels: string}[]}} */
  const { pages, prompt, samples } = JSON.parse(text);
  let next = 0;
  const shownSamples = samples.map(({ num_pages: number, labels }) => ({ labels, own: pages.slice(next, (next += number)) })).filter(({ own }) => own.length);
  const rows = shownSamples.map(({ labels, own }) => {
    const pictures = own.map((path, index) => makeZoomableImage(`${API}/jobs/${job.id}/artifacts/${encodeURIComponent(path)}`, `Page ${index + 1}`));
    return makeElement("article", { class: "sample sample--pages" }, makeElement("div", { class: "page-grid" }, ...pictures), makeTextList({ Prompt: prompt.trim(), "The model learns to write": labels }));
  });
  const part = shownSamples.length < samples.length ? ` The first ${shownSamples.length} of its ${samples.length} samples.` : "";
  return [makeSection("First real batch", `Exactly what the model got: its pages, and the labels decoded back to text.${part}`, ...rows)];
}

/** @param {Record<string, string | undefined>} values */
function makeTextList(values) {
  const pairs = Object.entries(values).filter(([, text]) => text !== undefined && text !== null);
  return makeElement("dl", { class: "texts" }, ...pairs.map(([name, text]) => makeElement("div", {}, makeElement("dt", {}, name), makeElement("dd", {}, String(text) || "(nothing)"))));
}

/** @param {Record<string, any>} line */
function makePrediction(line) {
  const isSame = line.reference && line.prediction === line.reference;
  const marks = [line.looping ? "repeats itself" : "", line.cut ? `cut after ${line.num_tokens} tokens` : ""].filter(Boolean);
  const pages = line.num_pages ? `${line.num_pages} ${line.num_pages === 1 ? "page" : "pages"}` : "";
  return makeElement("article", { class: "sample" },
    makeElement("div", { class: "row" }, makeElement("code", { class: "muted" }, line.document_id ?? line.input ?? ""), pages ? makeElement("span", { class: "muted small" }, pages) : null,
      ...marks.map((mark) => makeElement("span", { class: "badge badge--warn" }, mark)), isSame ? makeElement("span", { class: "badge badge--ok" }, "as its reference") : null),
    makeTextList(line.error ? { Error: line.error } : { Prediction: line.prediction, Summary: line.summary, Reference: line.reference }));
}

/** @param {Job} job */
async function makePredictions(job) {
  const isScored = job.kind !== "prediction";
  const text = await readArtifact(job, isScored ? "predictions.jsonl" : job.config.output ?? `${job.id}.jsonl`);
  /** @type {Record<string, any>[]} */
  const lines = text ? text.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line)) : (job.result?.examples ?? []);
  if (!lines.length) return [];
  const shown = lines.slice(0, MAX_SAMPLES).map(makePrediction);
  const of = `${shown.length} of ${lines.length}.${lines.length > MAX_SAMPLES ? " The rest is among the files." : ""}`;
  if (!isScored) return [makeSection("Summaries", `What the model wrote for each input: ${of}`, ...shown)];
  const step = lines[0].step === undefined ? "" : ` After step ${lines[0].step}.`;
  return [makeSection("Predictions", `What the model wrote, with its reference: ${of}${step}`, ...shown)];
}

/** Whether a job's samples are its result, and stand in its overview. @param {Job} job */
export const hasTextResult = ({ kind }) => kind === "prediction" || kind === "evaluation";

/** @param {Job} job */
export async function showSamples(job) {
  const place = findElement(hasTextResult(job) ? "#job-texts" : "#panel-samples");
  const ended = `${job.state} ${job.ended}`;
  if (place.dataset.ended === ended && !ACTIVE_STATES.has(job.state)) return;
  const parts = job.kind === "dataset" ? await makeDatasetPages(job) : (await Promise.all([makePredictions(job), makeFirstBatch(job)])).flat();
  place.dataset.ended = ended;
  const seen = JSON.stringify(parts.map((part) => part.textContent));
  if (place.dataset.seen === seen) return;
  place.dataset.seen = seen;
  const empty = hasTextResult(job) ? [] : [makeElement("p", { class: "empty" }, "No samples yet. Pages, the first batch and predictions appear here once the job has made them.")];
  place.replaceChildren(...(parts.length ? parts : empty));
}
