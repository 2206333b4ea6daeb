// The forms for a finished model: evaluate it on a dataset, or summarise documents with it. Each creates a
// job and opens its page.

import { get } from "../base/api.js";
import { findElement, findElements, makeElement, makeIcon } from "../base/dom.js";
import { FieldSet, showFieldErrors } from "../forms/fields.js";
import { clearErrorsOnInput, sendJob } from "../forms/submit.js";
import { acceptFiles } from "../widgets/upload.js";
import { fillEvaluationForm } from "./evaluation-form.js";
import { modelOf } from "./job-state.js";

/** @typedef {import("./job-state.js").Job} Job */

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
  fillEvaluationForm(named, job.config.dataset, evaluationForm.fields, datasets);
  findElement(".uses").hidden = false; // a form that is submitted earlier would only reload the page
}

/** @typedef {NonNullable<ReturnType<typeof modelOf>>} Named a model, as a request names it */

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
