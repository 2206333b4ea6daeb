// Where the documents come from: sample, files or Hub; and which columns hold what, shown on real rows.

import { get, post } from "./api.js";
import { all, control, debounce, make, one } from "./dom.js";
import { FieldSet, showError } from "./fields.js";
import { count } from "./format.js";
import { latest } from "./latest.js";
import { takesFiles } from "./upload.js";

/** @typedef {{configs: string[], splits: string[], columns: string[], suggestion: Record<string, string | null>, rows: Record<string, string>[], problems: string[]}} Inspection */

/** What names a source of each kind. @type {Record<string, string>} */
const NAMES = { sample: "", files: "path", hub: "id" };
const ROLES = ["document", "summary"];
const SHOWN_ROWS = 4;

export class SourcePicker {
  /**
   * @param {HTMLElement} form
   * @param {import("./fields.js").Field[]} fields of the whole form
   * @param {(isNew: boolean) => void} onChange with whether the documents themselves may be others than before
   */
  constructor(form, fields, onChange) {
    this.form = form;
    this.onChange = onChange;
    const setOf = (/** @type {string} */ kind) => new FieldSet(one(`#source-${kind} .fields`, form), fields.filter(({ part }) => part === `source.${kind}`));
    /** @type {Record<string, FieldSet>} */
    this.sets = Object.fromEntries(Object.keys(NAMES).map((kind) => [kind, setOf(kind)]));
    this.isSeen = false;
    this.asked = "";
    this.lookUp = latest((signal) => post("/dataset/inspect", { source: this.value() }, signal), (inspection) => this.#show(inspection), (error) => this.#explain(error));
    this.uploads = latest((signal) => get("/uploads", signal), ({ uploads }) =>
      one("#uploads").replaceChildren(...uploads.map((/** @type {{path: string}} */ { path }) => make("option", { value: path }))));
    this.#takeFiles();
    this.#follow();
  }

  #takeFiles() {
    const path = control('[name="source.path"]', this.form);
    path.setAttribute("list", "uploads");
    takesFiles(one("#drop", this.form), (stored) => {
      path.value = stored;
      path.dispatchEvent(new Event("input", { bubbles: true }));
    }, { asOneSource: true });
  }

  /** Files are looked at while their name is typed; the Hub once the name stands. */
  #follow() {
    const place = one("#source", this.form);
    const later = debounce(() => this.look(), 400);
    place.addEventListener("input", ({ target }) => {
      const { name } = /** @type {HTMLInputElement} */ (target);
      if (name === "source_kind") return this.look();
      if (!name.startsWith("source.")) return;
      if (name === "source.id") one("#configs", place).hidden = true;
      this.#forget();
      if (this.kind !== "hub") later();
    });
    place.addEventListener("change", ({ target }) => {
      if (this.kind === "hub" && /** @type {HTMLInputElement} */ (target).name.startsWith("source.")) this.look();
    });
    one("#look-up", place).addEventListener("click", () => this.look());
    one("#source-hub", place).addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !/** @type {HTMLElement} */ (event.target).matches("input")) return;
      event.preventDefault();  // it would send the form
      this.look();
    });
    one("#columns", this.form).addEventListener("input", () => this.#markColumns());
  }

  get kind() {
    return control('[name="source_kind"]:checked', this.form).value;
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
    one("#columns", this.form).hidden = true;
  }

  /** Look at the source's first rows, again if need be. */
  look() {
    const source = JSON.stringify(this.value());
    if (source === this.asked) return;  // that look goes on
    this.#forget();
    for (const kind of Object.keys(NAMES)) one(`#source-${kind}`, this.form).hidden = kind !== this.kind;
    if (this.kind === "files") void this.uploads.ask();
    this.onChange(true);
    if (this.kind === "sample" || !control(`[name="source.${NAMES[this.kind]}"]`, this.form).value.trim()) return;
    this.#say("Looking at the first rows…");
    this.asked = source;
    void this.lookUp.ask().finally(() => (this.asked = ""));
  }

  /** @param {string} text */
  #say(text) {
    one("#source-note", this.form).textContent = text;
  }

  /** @param {import("./api.js").ApiError} error */
  #explain({ message, hint, fields }) {
    this.#say("");
    const place = one("#source", this.form);
    const named = all("[data-field]", place).find((box) => (box.dataset.field ?? "") in fields);
    showError(named ?? one('[data-field="source"]', place), [message, hint].filter(Boolean).join(" "));
  }

  /** @param {Inspection} inspection */
  #show({ configs, splits, columns, suggestion, rows, problems }) {
    this.#say("");
    for (const box of all("#source [data-field]", this.form)) showError(box, "");
    this.#offer("#configs", "source.config", configs.length > 1 ? configs : [], false);
    this.#offer("#splits", "splits", splits, true);
    if (!columns.length) return showError(one('[data-field="source.config"]', this.form), "There are several. Choose one.");
    this.isSeen = true;
    one("#columns", this.form).hidden = false;
    for (const role of ROLES) {
      const select = control(`[name="columns.${role}"]`, this.form);
      const wanted = columns.includes(select.value) ? select.value : (suggestion[role] ?? "");
      select.replaceChildren(make("option", { value: "" }, "(choose)"), ...columns.map((column) => make("option", { value: column }, column)));
      select.value = wanted;
    }
    const head = make("tr", {}, ...columns.map((column) => make("th", { scope: "col", "data-column": column }, column)));
    const body = rows.slice(0, SHOWN_ROWS).map((row) => make("tr", {}, ...columns.map((column) => make("td", { "data-column": column }, make("div", {}, row[column])))));
    one("#rows", this.form).replaceChildren(make("table", { class: "rows" }, make("thead", {}, head), make("tbody", {}, ...body)));
    one("#row-problems", this.form).hidden = problems.length === 0;
    one("#row-problems p", this.form).textContent = `${count(problems.length)} of the first rows cannot be read and would be left out. ${problems[0]}`;
    this.#markColumns();
    this.onChange(true);
  }

  /**
   * Offer names for a field; a click puts one in, or takes it out again.
   * @param {string} id @param {string} path @param {string[]} names @param {boolean} isMany
   */
  #offer(id, path, names, isMany) {
    const place = one(id, this.form);
    const input = control(`[name="${path}"]`, this.form);
    const chosen = () => input.value.split(",").map((name) => name.trim()).filter(Boolean);
    const buttons = names.map((name) => make("button", { type: "button", class: "button button--small", "aria-pressed": String(chosen().includes(name)) }, name));
    for (const button of buttons) button.addEventListener("click", () => {
      const others = chosen().filter((name) => name !== button.textContent);
      const isOut = others.length < chosen().length;
      input.value = [...(isMany ? others : []), ...(isOut ? [] : [button.textContent])].join(", ");
      for (const each of buttons) each.setAttribute("aria-pressed", String(chosen().includes(each.textContent ?? "")));
      for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
    });
    place.hidden = names.length === 0;
    one(".offer", place).replaceChildren(...buttons);
  }

  #markColumns() {
    for (const cell of all("[data-column]", one("#rows", this.form))) {
      for (const role of ROLES) cell.classList.toggle(`is-${role}`, cell.dataset.column === control(`[name="columns.${role}"]`, this.form).value);
    }
  }

  /** The columns as the API wants them; null where the source has its own. */
  columns() {
    return Object.fromEntries(ROLES.map((role) => [role, (this.kind !== "sample" && control(`[name="columns.${role}"]`, this.form).value) || null]));
  }
}
