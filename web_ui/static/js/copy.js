// A button that copies a text, also where the page is not served over HTTPS and browsers offer no clipboard.

import { make } from "./dom.js";

/** @param {string} text */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = /** @type {HTMLTextAreaElement} */ (make("textarea", { class: "visually-hidden", "aria-hidden": "true" }));
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** @param {string | (() => string)} text */
export function copyButton(text) {
  const button = make("button", { type: "button", class: "button button--small" }, "Copy");
  button.addEventListener("click", async () => {
    await copy(typeof text === "string" ? text : text());
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return button;
}
