// What a finished training is good for: scored on a dataset, or put to work on documents. Each form ends on its own job's page.

import { get } from "./api.js";
import { all, control, icon, make, one } from "./dom.js";
import { FieldSet, showErrors } from "./fields.js";
import { formatCount } from "./format.js";
import { clearsErrors, sendJob, submitsJob } from "./submit.js";
import { takesFiles } from "./upload.js";

/** @typedef {import("./jobs-api.js").Job} Job */
/** @typedef {{name: string, complete: boolean, mode: string, splits: Record<string, number>}} Dataset */

const PREFERRED_SPLITS = ["test", "validation", "train"];
const SCORE_FIELDS = ["max_samples", "blank_pages", "text_model", "text_model_revision"];
const SUMMARY_FIELDS = ["max_pages"];

/** @param {Job} job a training that has succeeded */
export async function offerModel({ config }) {
  const [scoring, summarising, { datasets }] = await Promise.all([get("/forms/evaluation"), get("/forms/prediction"), get("/datasets")]);
  offerSummaries(config.output, summarising.fields);
  offerScores(config.output, config.dataset, scoring.fields, datasets.filter((/** @type {Dataset} */ dataset) => dataset.complete));
  one(".uses").hidden = false; // sent before this, a form would only load the page again
}

/**
 * @param {string} model
 * @param {string} trainedOn its dataset
 * @param {import("./fields.js").Field[]} fields
 * @param {Dataset[]} usable finished datasets
 */
function offerScores(model, trainedOn, fields, usable) {
  const form = one("#score-form");
  const own = usable.find(({ name }) => name === trainedOn);
  one("#no-datasets").hidden = usable.length > 0;
  one("#score-choices").hidden = usable.length === 0;
  if (!usable.length) return;
  const [chosen, split] = [control('[name="dataset"]', form), control('[name="split"]', form)];
  chosen.replaceChildren(...usable.map(({ name, mode }) => make("option", { value: name, selected: name === trainedOn }, `${name} · ${mode} pages`)));

  function showSplits() {
    const { mode, splits } = usable.find(({ name }) => name === chosen.value) ?? usable[0];
    split.replaceChildren(...Object.entries(splits).map(([name, samples]) => make("option", { value: name }, `${name} · ${formatCount(samples)} samples`)));
    split.value = PREFERRED_SPLITS.find((name) => splits[name]) ?? "";
    one("#field-dataset-note").textContent = own && mode !== own.mode ? `The model learned from ${own.mode} pages.` : "";
  }
  chosen.addEventListener("change", showSplits);
  showSplits();
  const set = new FieldSet(one("#score-fields"), fields.filter(({ path }) => SCORE_FIELDS.includes(path)));
  submitsJob(form, "/model/evaluate", () => ({ model, dataset: chosen.value, split: split.value, ...set.changes() }));
}

/** @param {string} model @param {import("./fields.js").Field[]} fields */
function offerSummaries(model, fields) {
  const form = one("#summarise-form");
  const list = one("#chosen-documents");
  const drop = one("#documents");
  const set = new FieldSet(one("#summarise-fields"), fields.filter(({ path }) => SUMMARY_FIELDS.includes(path)));
  clearsErrors(form);
  takesFiles(drop, (path, name) => {
    list.append(chosenDocument(path, name));
    drop.dispatchEvent(new Event("input", { bubbles: true }));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = all("li", list);
    chosen.forEach((item, index) => (item.dataset.field = `inputs.${index}`));
    const missing = drop.ariaBusy === "true" ? "Files are still being sent." : chosen.length ? "" : "Drop or choose a document first.";
    if (missing) showErrors(form, { inputs: missing });
    else void sendJob(form, "/model/predict", { model, inputs: chosen.map((item) => item.dataset.path), ...set.changes() });
  });
}

/** @param {string} path upload:<stored name> @param {string} name that its owner gave it */
function chosenDocument(path, name) {
  const stored = path.replace("upload:", "");
  const remove = make("button", { type: "button", class: "button button--small button--plain", "aria-label": `Leave out ${stored}` }, "Leave out");
  const item = make("li", { class: "row small", "data-path": path }, icon("icon-page"), make("span", { class: "grow" }, name, stored === name ? null : make("span", { class: "muted" }, ` as ${stored}`)), remove, make("span", { class: "field__error" }));
  remove.addEventListener("click", () => {
    item.dispatchEvent(new Event("input", { bubbles: true }));
    item.remove();
  });
  return item;
}
