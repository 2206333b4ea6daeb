// The source of the documents: sample texts, files or Hub. A source is inspected as soon as it is named.

import { post } from "../base/api.js";
import { debounce } from "../base/debounce.js";
import { findElement, findInput, setInputValue } from "../base/dom.js";
import { latest } from "../base/latest.js";
import { isUnreachable, makeTryAgain } from "../widgets/try-again.js";
import { ColumnPicker, offerNames } from "./columns.js";
import { showFieldError } from "./fields.js";
import { SourceFields } from "./source-fields.js";
import { acceptSourceFiles } from "./source-files.js";

/** Fields whose change leads to other documents, which may have other splits. */
const SOURCE_FIELDS = /^source(_kind|\.(path|id|config|revision))$/;

export class SourcePicker {
  /**
   * @param {HTMLElement} form
   * @param {import("./draw-field.js").Field[]} fields of the whole form
   * @param {(isNew: boolean) => void} onChange isNew: the documents may differ
   */
  constructor(form, fields, onChange) {
    this.form = form;
    this.onChange = onChange;
    this.sourceFields = new SourceFields(form, fields);
    this.columnPicker = new ColumnPicker(findElement("#columns", form));
    this.isInspected = false;
    this.inspectedSource = "";
    this.inspectRequest = latest(
      (signal) => post("/dataset/inspect", { source: this.value() }, signal),
      (inspection) => this.#show(inspection),
      (error) => this.#showRefusal(error),
    );
    this.uploads = acceptSourceFiles(form);
    this.#listen();
  }

  /** Files are inspected while their name is typed, the Hub when the name is complete. */
  #listen() {
    const container = findElement("#source", this.form);
    const splits = findInput('[name="splits"]', this.form);
    const inspectLater = debounce(() => this.inspect(), 400);
    container.addEventListener("input", ({ target }) => {
      const { name } = /** @type {HTMLInputElement} */ (target);
      // The chosen splits belong to the previous source.
      if (SOURCE_FIELDS.test(name) && splits.value) setInputValue(splits, "");
      if (name === "source_kind") return this.inspect();
      if (!name.startsWith("source.")) return;
      if (name === "source.id") findElement("#configs", container).hidden = true;
      this.#reset();
      if (this.kind !== "hub") inspectLater();
    });
    container.addEventListener("change", ({ target }) => {
      if (this.kind === "hub" && /** @type {HTMLInputElement} */ (target).name.startsWith("source."))
        this.inspect();
    });
    findElement("#inspect-source", container).addEventListener("click", () => {
      this.inspectedSource = "";
      this.inspect();
    });
    findElement("#source-hub", container).addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(/** @type {HTMLElement} */ (event.target).matches("input"))) return;
      event.preventDefault(); // Enter would submit the form
      this.inspect();
    });
  }

  get kind() {
    return this.sourceFields.kind;
  }

  value() {
    return this.sourceFields.value();
  }

  /** Whether the documents of the source can be previewed. */
  get isComplete() {
    return this.kind === "sample" || (this.isInspected && Boolean(this.columns().document));
  }

  #reset() {
    this.inspectRequest.stop();
    this.inspectedSource = "";
    this.isInspected = false;
    this.#showNote("");
    this.sourceFields.clearErrors();
    this.columnPicker.container.hidden = true;
  }

  /** Inspect the first rows of the source, unless it was inspected already. */
  inspect() {
    const source = JSON.stringify(this.value());
    this.columnPicker.source ||= source; // the columns of a draft belong to its source
    if (source === this.inspectedSource) return;
    this.#reset();
    this.sourceFields.showKind();
    if (this.kind === "files") void this.uploads.ask();
    this.onChange(true);
    if (!this.sourceFields.name) return;
    this.#showNote("Reading the first rows…");
    this.inspectedSource = source;
    void this.inspectRequest.ask();
  }

  /** @param {string} text */
  #showNote(text) {
    findElement("#source-note", this.form).textContent = text;
  }

  /** @param {import("../base/api.js").ApiError} error */
  #showRefusal(error) {
    this.inspectedSource = "";
    this.#showNote("");
    this.sourceFields.showRefusal(error);
    if (isUnreachable(error))
      findElement("#source-note", this.form).replaceChildren(makeTryAgain(() => this.inspect()));
  }

  /** @param {import("./columns.js").Inspection} inspection */
  #show(inspection) {
    const { configs, splits, columns } = inspection;
    this.#showNote("");
    this.sourceFields.clearErrors();
    offerNames(
      findElement("#configs", this.form),
      findInput('[name="source.config"]', this.form),
      configs.length > 1 ? configs : [],
      { allowsSeveral: false },
    );
    offerNames(findElement("#splits", this.form), findInput('[name="splits"]', this.form), splits, {
      allowsSeveral: true,
    });
    if (!columns.length)
      return showFieldError(
        findElement('[data-field="source.config"]', this.form),
        "This source has several configurations. Choose one.",
      );
    this.isInspected = true;
    this.columnPicker.show(inspection, this.inspectedSource);
    this.onChange(true);
  }

  /** The columns in the form of the API; null for sample texts and before the inspection. */
  columns() {
    return this.kind === "sample"
      ? { document: null, summary: null }
      : this.columnPicker.chosenColumns(JSON.stringify(this.value()));
  }
}
