// The groups of the settings of a training, in the order of their first settings. A setting without a group
// comes under "More".

import { findElement, makeElement } from "../base/dom.js";
import { drawField } from "./draw-field.js";

/** @typedef {import("./draw-field.js").Field} Field */

/**
 * Draw fields in their groups.
 * @param {HTMLElement} container
 * @param {Field[]} fields
 */
export function drawFieldGroups(container, fields) {
  const titles = new Set(fields.map(({ group }) => group));
  for (const title of [...titles].sort((a, b) => Number(a === null) - Number(b === null))) {
    const box = makeElement(
      "fieldset",
      { class: "group" },
      makeElement("legend", { class: "group__title" }, title ?? "More"),
      makeElement("div", { class: "fields" }),
    );
    findElement(".fields", box).append(...fields.filter(({ group }) => group === title).map(drawField));
    container.append(box);
  }
}
