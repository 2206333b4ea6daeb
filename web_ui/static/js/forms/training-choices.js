// The datasets and models that a training can take, a warning where they do not match, and a free name for its result.

import { get } from "../base/api.js";
import { findElement, findInput, makeElement } from "../base/dom.js";
import { formatCount } from "../base/format.js";
import { latest } from "../base/latest.js";
import { onNewResults } from "../base/new-results.js";
import { describePages } from "../base/page-modes.js";
import { showFieldError } from "./fields.js";
import { proposeName, readTakenNames } from "./propose-name.js";

/** @typedef {import("../base/api-types.js").DatasetSummary} Dataset */
/** @typedef {import("../base/api-types.js").ModelList} Models */
/** @typedef {{datasets: Dataset[], models: Models, taken: string[]}} Known `taken`: names that a result cannot have */

const RESULT_NAME = "trained_model";

/** @param {AbortSignal} [signal] @returns {Promise<Known>} */
export async function readChoices(signal) {
  const [{ datasets }, models, taken] = await Promise.all([
    get("/datasets", signal),
    get("/models", signal),
    readTakenNames("training", signal),
  ]);
  return { datasets, models, taken };
}

export class TrainingChoices {
  /** @param {HTMLElement} form @param {Known} known */
  constructor(form, known) {
    this.form = form;
    this.select = findInput('[name="dataset"]', form);
    this.output = findInput('[name="output"]', form);
    this.known = known;
    this.show(known);
    const readable = this.#usable.find(({ mode }) => this.#reads("tiny", mode));
    if (readable) this.select.value = readable.name;
  }

  get #usable() {
    return this.known.datasets.filter(({ complete }) => complete);
  }

  /** The chosen dataset. */
  get dataset() {
    return this.#usable.find(({ name }) => name === this.select.value);
  }

  /** Offer what there is now; what is chosen stays chosen. @param {Known} known */
  show(known) {
    this.known = known;
    const { bases, models } = known.models;
    const chosen = this.select.value;
    this.select.replaceChildren(
      ...this.#usable.map(({ name, mode }) =>
        makeElement("option", { value: name, selected: name === chosen }, `${name} · ${describePages(mode)}`),
      ),
    );
    findElement("#no-datasets").hidden = this.#usable.length > 0;
    this.select.hidden = this.#usable.length === 0;
    findElement("#models").replaceChildren(
      ...[...bases, ...models.filter((model) => model.complete)].map((model) =>
        makeElement(
          "option",
          { value: model.name },
          "title" in model ? model.title : `trained here from ${model.base}`,
        ),
      ),
    );
    proposeName(this.output, RESULT_NAME, known.taken);
  }

  /** Offer new datasets and models as soon as there may be some. @param {() => void} onChange */
  follow(onChange) {
    const request = latest(readChoices, (known) => {
      this.show(known);
      onChange();
    });
    onNewResults(() => void request.ask());
  }

  /** Show that the dataset of a draft or a link does not exist any more. */
  showMissing() {
    const { missingOption } = this.select.dataset;
    if (missingOption)
      showFieldError(
        findElement('[data-field="dataset"]', this.form),
        `There is no finished dataset ${missingOption}${this.select.value && `; ${this.select.value} is chosen instead`}.`,
      );
  }

  /**
   * Return whether a model reads pages of a mode. A model that is not listed is assumed to do so.
   * @param {string} model
   * @param {string | null} mode
   */
  #reads(model, mode) {
    const { bases, models } = this.known.models;
    const modes = [...bases, ...models].find(({ name }) => name === model)?.modes ?? [];
    return !modes.length || modes.some((known) => known === mode);
  }

  /**
   * Show the size of the chosen dataset, and whether a model cannot read its pages.
   * @param {string} model
   * @returns {boolean} whether it can
   */
  showMatch(model) {
    const { dataset } = this;
    findElement("#dataset-note").textContent = dataset
      ? `Samples: ${Object.entries(dataset.splits)
          .map(([split, samples]) => `${formatCount(samples)} ${split}`)
          .join(", ")}.`
      : "";
    const isReadable = !dataset || this.#reads(model, dataset.mode);
    findElement("#mismatch").hidden = isReadable;
    if (isReadable) return true;
    const others = this.known.models.bases
      .filter((base) => base.modes.some((mode) => mode === dataset.mode))
      .map(({ name }) => name);
    findElement("#mismatch-text").textContent =
      `The model ${model} does not read ${describePages(dataset.mode)}, which ${dataset.name} has. Models that do: ${others.join(", ")}, and models trained from them.`;
    findElement("#mismatch a").hidden = !this.#reads(model, "micro");
    return false;
  }
}
