// The forms for a finished model: evaluate it on a dataset, or summarise documents with it. Each creates a
// job and opens its page.

import { get } from "../base/api.js";
import { findElement, findElements, findInput, makeElement, makeIcon } from "../base/dom.js";
import { formatCount } from "../base/format.js";
import { FieldSet, showFieldErrors } from "../forms/fields.js";
import { clearErrorsOnInput, sendJob, submitJobOnSubmit } from "../forms/submit.js";
import { acceptFiles } from "../widgets/upload.js";
import { modelOf } from "./job-state.js";

/** @typedef {import("./job-state.js").Job} Job */
/** @typedef {import("../base/api-types.js").DatasetSummary} Dataset */

const PREFERRED_SPLITS = ["test", "validation", "train"];
const EVALUATION_FIELDS = ["max_samples", "blank_pages", "text_model", "text_model_revision"];
const PREDICTION_FIELDS = ["max_pages"];

/** @param {Job} job a training or an evaluation that has succeeded */
export async function showModelForms(job) {
  const named = modelOf(job);
  if (!named) return;
  const [evaluationForm, predictionForm, { datasets }] = await Promise.all([
    get("/forms/evaluation"),
    get("/forms/prediction"),
    get("/datasets"),
  ]);
  fillPredictionForm(named, predictionForm.fields);
  fillEvaluationForm(
    named,
    job.config.dataset,
    evaluationForm.fields,
    datasets.filter((/** @type {Dataset} */ dataset) => dataset.complete),
  );
  findElement(".uses").hidden = false; // a form that is submitted earlier would only reload the page
}

/** @typedef {NonNullable<ReturnType<typeof modelOf>>} Named a model, as a request names it */

/**
 * @param {Named} named
 * @param {string} jobDataset dataset that the model was trained or scored on
 * @param {import("../forms/draw-field.js").Field[]} fields
 * @param {Dataset[]} usable finished datasets
 */
function fillEvaluationForm(named, jobDataset, fields, usable) {
  const form = findElement("#evaluation-form");
  const own = usable.find(({ name }) => name === jobDataset);
  findElement("#no-datasets").hidden = usable.length > 0;
  findElement("#evaluation-choices").hidden = usable.length === 0;
  if (!usable.length) return;
  const [chosen, split] = [findInput('[name="dataset"]', form), findInput('[name="split"]', form)];
  chosen.replaceChildren(
    ...usable.map(({ name, mode }) =>
      makeElement("option", { value: name, selected: name === jobDataset }, `${name} · ${mode} pages`),
    ),
  );

  function showSplits() {
    const { mode, splits } = usable.find(({ name }) => name === chosen.value) ?? usable[0];
    split.replaceChildren(
      ...Object.entries(splits).map(([name, samples]) =>
        makeElement("option", { value: name }, `${name} · ${formatCount(samples)} samples`),
      ),
    );
    split.value = PREFERRED_SPLITS.find((name) => splits[name]) ?? "";
    findElement("#field-dataset-note").textContent =
      own && mode !== own.mode ? `This job read ${own.mode} pages.` : "";
  }
  chosen.addEventListener("change", showSplits);
  showSplits();
  const set = new FieldSet(
    findElement("#evaluation-fields"),
    fields.filter(({ path }) => EVALUATION_FIELDS.includes(path)),
  );
  submitJobOnSubmit(form, "/model/evaluate", () => ({
    ...named,
    dataset: chosen.value,
    split: split.value,
    ...set.changes(),
  }));
}

/** @param {Named} named @param {import("../forms/draw-field.js").Field[]} fields */
function fillPredictionForm(named, fields) {
  const form = findElement("#prediction-form");
  const list = findElement("#chosen-documents");
  const drop = findElement("#documents");
  const set = new FieldSet(
    findElement("#prediction-fields"),
    fields.filter(({ path }) => PREDICTION_FIELDS.includes(path)),
  );
  clearErrorsOnInput(form);
  acceptFiles(drop, (path, name) => {
    list.append(makeDocumentItem(path, name));
    drop.dispatchEvent(new Event("input", { bubbles: true }));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = findElements("li", list);
    chosen.forEach((item, index) => (item.dataset.field = `inputs.${index}`));
    const missing =
      drop.ariaBusy === "true"
        ? "Files are still being uploaded."
        : chosen.length
          ? ""
          : "Drop or choose a document first.";
    if (missing) showFieldErrors(form, { inputs: missing });
    else
      void sendJob(form, "/model/predict", {
        ...named,
        inputs: chosen.map((item) => item.dataset.path),
        ...set.changes(),
      });
  });
}

/** @param {string} path upload:<stored name> @param {string} name original name of the file */
function makeDocumentItem(path, name) {
  const stored = path.replace("upload:", "");
  const remove = makeElement(
    "button",
    { type: "button", class: "button button--small button--plain", "aria-label": `Leave out ${stored}` },
    "Leave out",
  );
  const item = makeElement(
    "li",
    { class: "row small", "data-path": path },
    makeIcon("icon-page"),
    makeElement(
      "span",
      { class: "grow" },
      name,
      stored === name ? null : makeElement("span", { class: "muted" }, ` as ${stored}`),
    ),
    remove,
    makeElement("span", { class: "field__error" }),
  );
  remove.addEventListener("click", () => {
    item.dispatchEvent(new Event("input", { bubbles: true }));
    item.remove();
  });
  return item;
}
