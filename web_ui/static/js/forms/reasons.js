// Shows beside a setting the reason for its starting value.

import { findElement, findElements, makeElement } from "../base/dom.js";

/**
 * @param {HTMLElement} container of the fields
 * @param {Record<string, string>} reasons by path of the field
 */
export function showReasons(container, reasons) {
  for (const box of findElements("[data-field]", container)) {
    const reason = reasons[box.dataset.field ?? ""];
    const note =
      box.querySelector(".field__reason") ??
      box.insertBefore(
        makeElement("span", { class: "field__note field__reason" }),
        findElement(".field__error", box),
      );
    note.textContent = reason ? `Here: ${reason}.` : "";
  }
}
