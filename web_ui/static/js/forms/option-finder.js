// Finds settings among the many of a form: by words, and those that the user has changed. What is invalid always shows.

import { makeElement } from "../base/dom.js";
import { showMore } from "./draw-field.js";

/** @typedef {import("./draw-field.js").Field} Field */
/** @typedef {import("./fields.js").FieldSet} FieldSet */

/** What a user sees of a field at once. @param {Field} field */
const shownWords = ({ label, path, note, options }) =>
  [label, path, note, ...options].join(" ").toLowerCase();

/** @param {string} text @param {string[]} words */
const holds = (text, words) => words.every((word) => text.includes(word));

/** Put a search field and a switch above the fields of a set. @param {FieldSet} set @param {...HTMLElement} others to stand beside them */
export function addOptionFinder(set, ...others) {
  const search = /** @type {HTMLInputElement} */ (
    makeElement("input", { type: "search", placeholder: "Find a setting", "aria-label": "Find a setting" })
  );
  const onlyChanged = /** @type {HTMLInputElement} */ (
    makeElement("input", { type: "checkbox", role: "switch" })
  );
  const count = makeElement("span", { class: "muted small numbers", role: "status" });
  const finder = makeElement(
    "div",
    { class: "option-finder" },
    search,
    makeElement("label", { class: "check small" }, onlyChanged, "Only what I changed"),
    count,
    ...others,
  );
  set.container.before(finder);

  function refresh() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const changes = set.changes();
    const used = set.fields.filter((field) => !set.boxOf(field).hidden);
    const shown = used.filter((field) => {
      const box = set.boxOf(field);
      const isKnown = holds(shownWords(field), words);
      const isFound = isKnown || holds(`${shownWords(field)} ${field.more.toLowerCase()}`, words);
      const isShown =
        (isFound && (!onlyChanged.checked || field.path in changes)) ||
        box.querySelector('[aria-invalid="true"]') !== null;
      if (isShown && !isKnown && isFound) showMore(box, true); // the words are there
      box.toggleAttribute("data-left-out", !isShown);
      return isShown;
    });
    const total = `${used.length} ${used.length === 1 ? "setting" : "settings"}`;
    count.textContent = shown.length === used.length ? total : `${shown.length} of ${total}`;
  }
  finder.addEventListener("input", (event) => {
    event.stopPropagation(); // the form has not changed
    refresh();
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // it would submit the form
  });
  set.follow(refresh);
  new MutationObserver(refresh).observe(set.container, { subtree: true, attributeFilter: ["aria-invalid"] });
  refresh();
}
