// A button that copies a text. It also works without HTTPS, where browsers have no clipboard API.

import { makeElement } from "../base/dom.js";

/** @param {string} text @returns {Promise<boolean>} whether the text was copied */
async function copyText(text) {
  if (navigator.clipboard)
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  const area = /** @type {HTMLTextAreaElement} */ (
    makeElement("textarea", { class: "visually-hidden", "aria-hidden": "true" })
  );
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  return isCopied;
}

/** @param {string | (() => string)} text */
export function makeCopyButton(text) {
  const button = makeElement("button", { type: "button", class: "button button--small" }, "Copy");
  button.addEventListener("click", async () => {
    const isCopied = await copyText(typeof text === "string" ? text : text());
    button.textContent = isCopied ? "Copied" : "Not copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return button;
}
