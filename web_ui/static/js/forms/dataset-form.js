// The common part of both dataset forms: fields, publishing, a check of the name, draft and submission.

import { get } from "../base/api.js";
import { debounce } from "../base/debounce.js";
import { findElement, findInput } from "../base/dom.js";
import { latest } from "../base/latest.js";
import { readSystem } from "../base/system.js";
import { flattenPaths, nestPaths } from "../base/values.js";
import { keepDraft } from "./draft.js";
import { FieldSet, showFieldError } from "./fields.js";
import { offerFinder } from "./offer-finder.js";
import { proposeName, readTakenNames } from "./propose-name.js";
import { showFormError, submitJobOnSubmit } from "./submit.js";

/** @typedef {import("./draw-field.js").Field} Field */

/** Read the data that a dataset form is built from. */
export const loadDatasetForm = async () => {
  const [{ fields }, { has_hub_token: hasToken }] = await Promise.all([get("/forms/dataset"), readSystem()]);
  return { fields: /** @type {Field[]} */ (fields), hasToken: /** @type {boolean} */ (hasToken) };
};

export class DatasetForm {
  /**
   * @param {HTMLFormElement} form
   * @param {{fields: Field[], hasToken: boolean}} loaded
   * @param {Record<string, RegExp>} containers selector -> pattern of the fields in it; the first match
   *   counts
   */
  constructor(form, { fields, hasToken }, containers) {
    this.form = form;
    this.nameBase = "";
    const containerOf = (/** @type {Field} */ { path }) =>
      Object.keys(containers).find((container) => containers[container].test(path));
    const datasetFields = fields.filter(({ part }) => part === null);
    this.fieldSets = Object.keys(containers).map(
      (container) =>
        new FieldSet(
          findElement(container),
          datasetFields.filter((field) => containerOf(field) === container),
        ),
    );
    this.fieldSets.forEach(offerFinder);
    const publishFields = fields.filter(({ part }) => part === "publish");
    this.publish = new FieldSet(findElement("#publish-fields"), publishFields);
    this.draft = keepDraft(form);
    findElement("#no-hub-token").hidden = hasToken;
    this.checkNameIsFree = this.#watchName();
  }

  /**
   * Take new starting values, a free name among them unless the user has typed one, and remove the messages on the old ones.
   * @param {Record<string, any>} config
   */
  setStartingValues(config) {
    const name = findInput('[name="name"]', this.form);
    const isTyped = name.value !== "" && name.value !== name.dataset.proposed;
    for (const set of this.fieldSets) set.setStartingValues(config);
    if (!isTyped) name.value = name.dataset.proposed = config.name;
    this.#showUsed();
    showFormError(this.form, null);
    this.proposeName(config.name);
  }

  /** The values that differ from the starting values, by path. */
  changes() {
    return Object.assign({}, ...this.fieldSets.map((set) => set.changes()));
  }

  /** All values, nested. @returns {Record<string, any>} */
  values() {
    const flat = this.fieldSets.map((set) => flattenPaths(set.values()));
    return nestPaths(Object.assign({}, ...flat));
  }

  /** The changes as the body of a request, with the Hub repository if it is to be published. */
  body() {
    return {
      ...nestPaths(this.changes()),
      ...(this.#isPublished ? { publish: this.publish.values().publish } : {}),
    };
  }

  get #isPublished() {
    return findInput('[name="publish"]', this.form).checked;
  }

  /** Restore the draft. */
  restore() {
    this.draft.restore();
    for (const set of [...this.fieldSets, this.publish]) set.showChangedMarks();
    this.#showPublish();
    this.#showUsed();
  }

  #showUsed() {
    const mode = findInput('[name="rendering.mode"]', this.form).value;
    for (const set of this.fieldSets) set.showUsed(mode);
  }

  #showPublish() {
    findElement("#publish").hidden = !this.#isPublished;
  }

  /**
   * Start to follow changes and to accept submissions.
   * @param {string} path
   * @param {() => unknown} body
   * @param {(event: Event) => void} onChange
   */
  start(path, body, onChange) {
    this.form.addEventListener("input", (event) => {
      this.#showPublish();
      this.#showUsed();
      onChange(event);
    });
    submitJobOnSubmit(this.form, path, body, this.draft.discard);
  }

  /** Propose a name for the dataset, as long as the user has typed none. @param {string} base empty: none */
  proposeName(base) {
    this.nameBase = base;
    this.checkNameIsFree();
  }

  /** Show while typing whether the name is taken. @returns {() => void} checks a name that was not typed */
  #watchName() {
    const box = findElement('[data-field="name"]', this.form);
    const input = findInput('[name="name"]', box);
    const nameRequest = latest(
      (signal) => readTakenNames("dataset", signal),
      (taken) => {
        proposeName(input, this.nameBase, taken);
        const name = input.value.trim();
        if (taken.includes(name))
          showFieldError(
            box,
            `There is already a dataset ${name}. Choose another name, or delete it under Monitor Jobs.`,
          );
      },
    );
    const ask = debounce(() => void nameRequest.ask(), 250);
    const check = () => {
      nameRequest.stop();
      ask();
    };
    input.addEventListener("input", check);
    return check;
  }
}
