// What ROUGE does not show of the cells of a study, as a table.

import { makeElement, makeTable } from "../base/dom.js";
import { formatMeasure, MEASURES } from "../base/measures.js";
import { axisNames } from "./study-cells.js";

/** @typedef {import("../base/api-types.js").StudyReport} StudyReport */

/** @param {StudyReport} study @returns {HTMLElement | null} null: nothing is measured */
export function makeCellMeasures(study) {
  const keys = Object.keys(MEASURES).filter((key) => study.cells.some(({ measures }) => key in measures));
  if (!keys.length) return null;
  const head = [
    axisNames(study).join(", "),
    ...keys.map((key) => makeElement("span", { title: MEASURES[key].note }, MEASURES[key].label)),
  ];
  const rows = study.cells.map((cell) => [
    study.axes.map((path) => String(cell.settings[path])).join(", "),
    ...keys.map((key) => (key in cell.measures ? formatMeasure(key, cell.measures[key]) : "–")),
  ]);
  return makeElement(
    "section",
    { class: "card stack-s small" },
    makeElement("h2", { class: "muted" }, "Beyond ROUGE"),
    makeTable("Measures beyond ROUGE", head, rows),
  );
}
