// Shows beside a setting the reason for its starting value.

import { findElements } from "../base/dom.js";
import { showReason } from "./draw-field.js";

/**
 * @param {HTMLElement} container of the fields
 * @param {Record<string, string>} reasons by path of the field
 */
export function showReasons(container, reasons) {
  for (const box of findElements("[data-field]", container))
    showReason(box, reasons[box.dataset.field ?? ""] ?? "");
}
