// Where the documents come from: sample, files or Hub, looked at as soon as they are named.

import { get, post } from "./api.js";
import { Columns, offer } from "./columns.js";
import { debounce, findElement, findElements, findInput, makeElement, setInputValue } from "./dom.js";
import { FieldSet, showError } from "./fields.js";
import { latest } from "./latest.js";
import { takesFiles } from "./upload.js";

/** What names a source of each kind. @type {Record<string, string>} */
const NAMES = { sample: "", files: "path", hub: "id" };
/** Settings that lead to other documents, which may be divided otherwise. */
const LEADS_ELSEWHERE = /^source(_kind|\.(path|id|config|revision))$/;

export class SourcePicker {
  /**
   * @param {HTMLElement} form
   * @param {import("./fields.js").Field[]} fields of the whole form
   * @param {(isNew: boolean) => void} onChange with whether the documents themselves may be others than before
   */
  constructor(form, fields, onChange) {
    this.form = form;
    this.onChange = onChange;
    const setOf = (/** @type {string} */ kind) => new FieldSet(findElement(`#source-${kind} .fields`, form), fields.filter(({ part }) => part === `source.${kind}`), { hasMarks: false });
    /** @type {Record<string, FieldSet>} */
    this.sets = Object.fromEntries(Object.keys(NAMES).map((kind) => [kind, setOf(kind)]));
    this.rows = new Columns(findElement("#columns", form));
    this.isSeen = false;
    this.asked = "";
    this.lookUp = latest((signal) => post("/dataset/inspect", { source: this.value() }, signal), (inspection) => this.#show(inspection), (error) => this.#explain(error));
    this.uploads = latest((signal) => get("/uploads", signal), ({ uploads }) =>
      findElement("#uploads").replaceChildren(...uploads.map((/** @type {{path: string}} */ { path }) => makeElement("option", { value: path }))));
    this.#takeFiles();
    this.#follow();
  }

  #takeFiles() {
    const path = findInput('[name="source.path"]', this.form);
    path.setAttribute("list", "uploads");
    takesFiles(findElement("#drop", this.form), (stored) => setInputValue(path, stored), { asOneSource: true });
  }

  /** Files are looked at while their name is typed; the Hub once the name stands. */
  #follow() {
    const place = findElement("#source", this.form);
    const splits = findInput('[name="splits"]', this.form);
    const later = debounce(() => this.look(), 400);
    place.addEventListener("input", ({ target }) => {
      const { name } = /** @type {HTMLInputElement} */ (target);
      if (LEADS_ELSEWHERE.test(name) && splits.value) setInputValue(splits, "");  // they would take a part of the new source, or nothing
      if (name === "source_kind") return this.look();
      if (!name.startsWith("source.")) return;
      if (name === "source.id") findElement("#configs", place).hidden = true;
      this.#forget();
      if (this.kind !== "hub") later();
    });
    place.addEventListener("change", ({ target }) => {
      if (this.kind === "hub" && /** @type {HTMLInputElement} */ (target).name.startsWith("source.")) this.look();
    });
    findElement("#look-up", place).addEventListener("click", () => {
      this.asked = "";
      this.look();
    });
    findElement("#source-hub", place).addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !/** @type {HTMLElement} */ (event.target).matches("input")) return;
      event.preventDefault();  // it would send the form
      this.look();
    });
  }

  get kind() {
    return findInput('[name="source_kind"]:checked', this.form).value;
  }

  value() {
    return { kind: this.kind, ...this.sets[this.kind].values().source };
  }

  /** Whether enough is known to draw its documents. */
  get isComplete() {
    return this.kind === "sample" || (this.isSeen && Boolean(this.columns().document));
  }

  #forget() {
    this.lookUp.stop();
    this.asked = "";
    this.isSeen = false;
    this.#say("");
    this.#clearErrors();
    this.rows.place.hidden = true;
  }

  /** What was said about a source does not hold for another; hidden, it would keep the form's notice. */
  #clearErrors() {
    for (const box of findElements(":is(#source, #columns) [data-field]", this.form)) showError(box, "");
  }

  /** Look at the source's first rows, unless it is the one that is or was looked at: leaving a field is no new wish. */
  look() {
    const source = JSON.stringify(this.value());
    this.rows.source ||= source;  // a draft's columns are those of its source
    if (source === this.asked) return;
    this.#forget();
    for (const kind of Object.keys(NAMES)) findElement(`#source-${kind}`, this.form).hidden = kind !== this.kind;
    if (this.kind === "files") void this.uploads.ask();
    this.onChange(true);
    if (this.kind === "sample" || !findInput(`[name="source.${NAMES[this.kind]}"]`, this.form).value.trim()) return;
    this.#say("Looking at the first rows…");
    this.asked = source;
    void this.lookUp.ask();
  }

  /** @param {string} text */
  #say(text) {
    findElement("#source-note", this.form).textContent = text;
  }

  /** @param {import("./api.js").ApiError} error */
  #explain({ message, hint, fields }) {
    this.asked = "";
    this.#say("");
    const place = findElement("#source", this.form);
    const named = findElements("[data-field]", place).find((box) => (box.dataset.field ?? "") in fields);
    showError(named ?? findElement('[data-field="source"]', place), [message, hint].filter(Boolean).join(" "));
  }

  /** @param {import("./columns.js").Inspection} inspection */
  #show(inspection) {
    const { configs, splits, columns } = inspection;
    this.#say("");
    this.#clearErrors();
    offer(findElement("#configs", this.form), findInput('[name="source.config"]', this.form), configs.length > 1 ? configs : [], { many: false });
    offer(findElement("#splits", this.form), findInput('[name="splits"]', this.form), splits, { many: true });
    if (!columns.length) return showError(findElement('[data-field="source.config"]', this.form), "There are several. Choose one.");
    this.isSeen = true;
    this.rows.show(inspection, this.asked);
    this.onChange(true);
  }

  /** The columns as the API wants them; null where the source has its own, or has not been looked at. */
  columns() {
    return this.kind === "sample" ? { document: null, summary: null } : this.rows.chosen(JSON.stringify(this.value()));
  }
}
