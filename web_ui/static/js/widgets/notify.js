// Short messages at the edge of the page, and the dialog that confirms an action.

import { findElement, makeElement } from "../base/dom.js";

const SHOWN_MS = 6000;
const WITH_LINK_SHOWN_MS = 20000;

/**
 * Show a message at the edge of the page: success for some seconds, an error until it is closed.
 * @param {string} text
 * @param {"ok" | "bad"} [tone]
 * @param {string} [href] where the link *Open* of the message leads; none: no link
 */
export function toast(text, tone = "ok", href = "") {
  const close = makeElement(
    "button",
    { type: "button", class: "button button--small button--plain" },
    "Close",
  );
  const box = makeElement(
    "div",
    { class: `toast toast--${tone}` },
    makeElement("p", { class: "grow" }, text),
    href ? makeElement("a", { href, class: "button button--small" }, "Open") : null,
    tone === "bad" || href ? close : null,
  );
  close.addEventListener("click", () => box.remove());
  findElement("#toasts").append(box);
  if (tone === "ok") setTimeout(() => box.remove(), href ? WITH_LINK_SHOWN_MS : SHOWN_MS);
}

/** @param {unknown} error */
export function toastError(error) {
  const hint = error instanceof Error && "hint" in error ? ` ${error.hint}` : "";
  toast(`${error instanceof Error ? error.message : error}${hint}`, "bad");
}

/**
 * Ask for confirmation. Escape and "Keep it" return false.
 * @param {{title: string, text: string, yes: string}} confirmation
 * @returns {Promise<boolean>}
 */
export function confirmAction({ title, text, yes }) {
  const dialog = /** @type {HTMLDialogElement} */ (findElement("#confirm-dialog"));
  findElement("#confirm-title").textContent = title;
  findElement("#confirm-text").textContent = text;
  findElement("#confirm-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
