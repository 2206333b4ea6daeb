// One row of the table of experiments: its tick for the comparison, its name with star, tags and note, its cells.

import { makeElement, makeIcon } from "../base/dom.js";
import { addressOf, describeJob, nameOf } from "./experiment-names.js";

/** @typedef {import("../base/api-types.js").Experiment} Experiment */
/** @typedef {import("./columns.js").Column} Column */

/**
 * @typedef {object} RowActions
 * @property {(experiment: Experiment) => void} star
 * @property {(experiment: Experiment) => void} edit
 * @property {(tag: string) => void} chooseTag
 */

/**
 * Make the cells of a row.
 * @param {Experiment} experiment
 * @param {Column[]} columns
 * @param {RowActions} actions
 */
export function makeCells(experiment, columns, actions) {
  return [
    makeTick(experiment),
    makeName(experiment, actions),
    ...columns.map((column) =>
      makeElement("td", { class: column.isNumber ? "numbers" : null }, column.cell(experiment)),
    ),
  ];
}

/** @param {Experiment} experiment */
function makeTick(experiment) {
  const label = `Compare ${nameOf(experiment)}`;
  const box = makeElement("input", { type: "checkbox", value: experiment.id, "aria-label": label });
  return makeElement("td", { class: "experiments__tick" }, makeElement("label", {}, box));
}

/** @param {Experiment} experiment @param {RowActions} actions */
function makeName(experiment, { star, edit, chooseTag }) {
  const { annotations, blank_pages: isControl } = experiment;
  const name = nameOf(experiment);
  const starButton = makeButton(`Star ${name}`, "icon-star", () => star(experiment));
  starButton.classList.add("star");
  starButton.setAttribute("aria-pressed", String(annotations.is_starred));
  const tags = annotations.tags.map((tag) => {
    const chip = makeElement("button", { type: "button", class: "tag", title: "Show only this tag" }, tag);
    chip.addEventListener("click", () => chooseTag(tag));
    return chip;
  });
  return makeElement(
    "th",
    { scope: "row", class: "experiments__name" },
    makeElement(
      "div",
      {},
      starButton,
      makeElement(
        "div",
        { class: "grow" },
        makeElement("a", { href: addressOf(experiment), dir: "auto" }, name),
        makeElement("div", { class: "muted small" }, describeJob(experiment)),
        isControl || tags.length
          ? makeElement(
              "div",
              { class: "experiments__tags" },
              isControl ? makeElement("span", { class: "badge badge--info" }, "blank pages") : null,
              ...tags,
            )
          : null,
        annotations.note
          ? makeElement("div", { class: "experiments__note small", dir: "auto" }, annotations.note)
          : null,
      ),
      makeButton(`Name, tags and note of ${name}`, "icon-edit", () => edit(experiment)),
    ),
  );
}

/** @param {string} label @param {string} icon @param {() => void} action */
function makeButton(label, icon, action) {
  const button = makeElement(
    "button",
    { type: "button", class: "button button--plain button--icon", "aria-label": label, title: label },
    makeIcon(icon),
  );
  button.addEventListener("click", action);
  return button;
}
