// The files of a source: those dropped or chosen are uploaded, those uploaded before are offered.

import { get } from "../base/api.js";
import { findElement, findInput, makeElement, setInputValue } from "../base/dom.js";
import { latest } from "../base/latest.js";
import { acceptFiles } from "../widgets/upload.js";

/**
 * Let a form take files as its source.
 * @param {HTMLElement} form
 * @returns {{ask: () => Promise<void>}} reads the list of earlier uploads
 */
export function acceptSourceFiles(form) {
  const path = findInput('[name="source.path"]', form);
  path.setAttribute("list", "uploads");
  acceptFiles(findElement("#drop", form), (stored) => setInputValue(path, stored), { asOneSource: true });
  return latest(
    (signal) => get("/uploads", signal),
    ({ uploads }) => {
      const options = uploads.map((/** @type {{path: string}} */ upload) =>
        makeElement("option", { value: upload.path }),
      );
      findElement("#uploads").replaceChildren(...options);
    },
  );
}
