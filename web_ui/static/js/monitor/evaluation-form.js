// The form that evaluates a finished model on a dataset.

import { get } from "../base/api.js";
import { findElement, findInput, makeElement } from "../base/dom.js";
import { formatCount } from "../base/format.js";
import { latest } from "../base/latest.js";
import { onNewResults } from "../base/new-results.js";
import { describePages } from "../base/page-modes.js";
import { followDifferences, ownSettings } from "../forms/earlier-job.js";
import { FieldSet } from "../forms/fields.js";
import { submitJobOnSubmit } from "../forms/submit.js";

/** @typedef {import("../base/api-types.js").DatasetSummary} Dataset */
/** @typedef {NonNullable<ReturnType<typeof import("./job-state.js").modelOf>>} Named a model, as a request names it */

const PREFERRED_SPLITS = ["test", "validation", "train"];
const EVALUATION_FIELDS = ["max_samples", "blank_pages", "text_model", "text_model_revision"];

/**
 * @param {Named} named
 * @param {string} jobDataset dataset that the model was trained or scored on
 * @param {import("../forms/draw-field.js").Field[]} fields
 * @param {Dataset[]} datasets
 * @param {import("./job-state.js").Job | null} earlier an evaluation whose settings the form starts from
 */
export function fillEvaluationForm(named, jobDataset, fields, datasets, earlier) {
  const form = findElement("#evaluation-form");
  const [chosen, split] = [findInput('[name="dataset"]', form), findInput('[name="split"]', form)];
  /** Finished datasets. @type {Dataset[]} */
  let usable = [];

  /** Offer what there is now; what is chosen stays chosen. @param {Dataset[]} all */
  function showDatasets(all) {
    usable = all.filter(({ complete }) => complete);
    findElement("#no-datasets").hidden = usable.length > 0;
    findElement("#evaluation-choices").hidden = usable.length === 0;
    const wanted = chosen.value || jobDataset;
    chosen.replaceChildren(
      ...usable.map(({ name, mode }) =>
        makeElement("option", { value: name, selected: name === wanted }, `${name} · ${describePages(mode)}`),
      ),
    );
    showSplits();
  }

  function showSplits() {
    const dataset = usable.find(({ name }) => name === chosen.value);
    if (!dataset) return;
    const before = split.value;
    split.replaceChildren(
      ...Object.entries(dataset.splits).map(([name, samples]) =>
        makeElement("option", { value: name }, `${name} · ${formatCount(samples)} samples`),
      ),
    );
    const wanted = [before, earlier?.config.split, ...PREFERRED_SPLITS];
    split.value = wanted.find((name) => dataset.splits[name]) ?? "";
    const own = usable.find(({ name }) => name === jobDataset);
    findElement("#field-dataset-note").textContent =
      own && dataset.mode !== own.mode ? `This job read ${describePages(own.mode)}.` : "";
  }
  chosen.addEventListener("change", showSplits);
  showDatasets(datasets);
  const request = latest(
    (signal) => get("/datasets", signal),
    ({ datasets: now }) => showDatasets(now),
  );
  onNewResults(() => void request.ask());
  const set = new FieldSet(
    findElement("#evaluation-fields"),
    fields.filter(({ path }) => EVALUATION_FIELDS.includes(path)),
  );
  const body = () => ({
    ...ownSettings(earlier),
    ...named,
    dataset: chosen.value,
    split: split.value,
    ...(earlier ? set.values() : set.changes()),
  });
  if (earlier) set.apply(earlier.config);
  followDifferences(form, earlier, body);
  submitJobOnSubmit(form, "/model/evaluate", body);
}
