// The forms for a finished or a base model: evaluate it on a dataset, or summarise documents with it. Each
// creates a job and opens its page.

import { get } from "../base/api.js";
import { findElement, findElements, makeElement, makeIcon } from "../base/dom.js";
import { followDifferences, ownSettings } from "../forms/earlier-job.js";
import { FieldSet, showFieldErrors } from "../forms/fields.js";
import { clearErrorsOnInput, sendJob } from "../forms/submit.js";
import { acceptFiles } from "../widgets/upload.js";
import { fillEvaluationForm } from "./evaluation-form.js";

/** @typedef {import("./job-state.js").Job} Job */
/** @typedef {NonNullable<ReturnType<typeof import("./job-state.js").modelOf>>} Named a model, as a request names it */

/** Fields of a prediction of files, and of one of a dataset. */
const FILE_FIELDS = ["max_pages"];
const DATASET_FIELDS = ["max_samples"];

/**
 * @param {Named} named
 * @param {string | undefined} dataset that it was trained or scored on
 * @param {Job | null} [earlier] an evaluation or a prediction whose settings the forms start from
 */
export async function showModelForms(named, dataset, earlier = null) {
  const [evaluationForm, predictionForm, { datasets }] = await Promise.all([
    get("/forms/evaluation"),
    get("/forms/prediction"),
    get("/datasets"),
  ]);
  const earlierOf = (/** @type {string} */ kind) => (earlier?.kind === kind ? earlier : null);
  fillPredictionForm(named, predictionForm.fields, earlierOf("prediction"));
  fillEvaluationForm(named, dataset ?? "", evaluationForm.fields, datasets, earlierOf("evaluation"));
  findElement(".uses").hidden = false; // a form that is submitted earlier would only reload the page
}

/** @param {Named} named @param {import("../forms/draw-field.js").Field[]} fields @param {Job | null} earlier */
function fillPredictionForm(named, fields, earlier) {
  const form = findElement("#prediction-form");
  const list = findElement("#chosen-documents");
  const drop = findElement("#documents");
  const { dataset, split, inputs = [] } = earlier?.config ?? {};
  const shown = dataset ? DATASET_FIELDS : FILE_FIELDS;
  const set = new FieldSet(
    findElement("#prediction-fields"),
    fields.filter(({ path }) => shown.includes(path)),
  );
  clearErrorsOnInput(form);
  if (dataset) drop.replaceWith(makeElement("p", {}, `The samples of ${dataset} ${split}.`));
  else
    acceptFiles(drop, (path, name) => {
      list.append(makeDocumentItem(path, name));
      drop.dispatchEvent(new Event("input", { bubbles: true }));
    });
  for (const path of inputs) list.append(makeDocumentItem(path, path.replace("upload:", "")));
  const chosenPaths = () => findElements("li", list).map((item) => item.dataset.path ?? "");
  const body = () => ({
    ...ownSettings(earlier),
    ...named,
    ...(dataset ? {} : { inputs: chosenPaths() }),
    ...(earlier ? set.values() : set.changes()),
  });
  if (earlier) set.apply(earlier.config);
  followDifferences(form, earlier, body);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    findElements("li", list).forEach((item, index) => (item.dataset.field = `inputs.${index}`));
    const missing =
      drop.ariaBusy === "true"
        ? "Files are still being uploaded."
        : dataset || chosenPaths().length
          ? ""
          : "Drop or choose a document first.";
    if (missing) showFieldErrors(form, { inputs: missing });
    else void sendJob(form, "/model/predict", body());
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
    const list = item.parentElement;
    item.remove();
    list?.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return item;
}
