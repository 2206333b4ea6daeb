// Uploads files that are dropped or chosen, with progress. A stored file is always complete, so an upload may
// be repeated.

import { API, ApiError, get } from "../base/api.js";
import { findElement, findInput, makeElement } from "../base/dom.js";
import { formatBytes, formatPercent } from "../base/format.js";
import { sanitizeFileName, uniqueFileName } from "./file-names.js";

let numActiveUploads = 0;
window.addEventListener("beforeunload", (event) => {
  if (numActiveUploads) event.preventDefault();
});
// Without this, a file dropped beside the drop area would replace the page.
for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());

/**
 * Upload one file.
 * @param {File} file
 * @param {string} name of the stored file; folder/name for one of several
 * @param {(share: number) => void} onProgress
 * @returns {Promise<{path: string, size_bytes: number}>}
 */
function uploadFile(file, name, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not report upload progress
    request.open("PUT", `${API}/uploads/${name}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    request.addEventListener("load", () =>
      request.status < 300
        ? resolve(request.response)
        : reject(new ApiError(request.status, request.response?.error ?? {})),
    );
    request.addEventListener("error", () =>
      reject(
        new ApiError(0, { message: "The upload was cut off.", hint: "Check the connection and try again." }),
      ),
    );
    request.send(file);
  });
}

/** @returns {Promise<Set<string>>} names of the stored uploads */
const readUploadNames = async () =>
  new Set((await get("/uploads")).uploads.map((/** @type {{name: string}} */ { name }) => name));

/**
 * Let a drop area accept files. It uploads one after the other, and is aria-busy meanwhile. Each file gets a
 * name of its own. As one source, several files share a folder, and a single file replaces the stored file of
 * its name. A file whose name had to be changed replaces none: other names lead to the same one.
 * @param {HTMLElement} container
 * @param {(path: string, name: string) => void} onStored called for each file, or once for the source, with
 *   its path (upload:<name>) and its original name
 * @param {{asOneSource?: boolean}} [options]
 */
export function acceptFiles(container, onStored, { asOneSource = false } = {}) {
  const input = findInput('input[type="file"]', container);
  const bar = /** @type {HTMLProgressElement} */ (findElement(".bar", container));
  const status = findElement('[role="status"]', container);
  const kinds = input.accept.split(",");
  /** @type {File[]} */
  const waiting = [];

  /** @param {File} file @param {string} name @returns {Promise<string>} path of the stored file */
  async function uploadAs(file, name) {
    const stored = await uploadFile(file, name, (share) => {
      bar.value = share;
      status.textContent = `${file.name}: ${formatPercent(share)} of ${formatBytes(file.size)}`;
    });
    return stored.path;
  }

  /** @param {File[]} files the waiting files */
  async function uploadAll(files) {
    const isFolder = asOneSource && files.length > 1;
    const replaces = asOneSource && !isFolder && sanitizeFileName(files[0].name) === files[0].name;
    const stored = replaces ? new Set() : await readUploadNames();
    const folder = isFolder ? `${uniqueFileName("files", stored)}/` : "";
    const taken = isFolder ? new Set() : stored;
    const messages = [];
    let path = "";
    for (const file of files) {
      try {
        if (!kinds.some((kind) => file.name.toLowerCase().endsWith(kind)))
          throw new ApiError(0, {
            message: `${file.name} has an unsupported file type. Supported: ${kinds.join(", ")}.`,
          });
        const name = uniqueFileName(sanitizeFileName(file.name), taken);
        taken.add(name);
        path = await uploadAs(file, folder + name);
        if (!asOneSource) onStored(path, file.name);
        messages.push(makeElement("div", {}, `${file.name} is stored (${formatBytes(file.size)}).`));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        messages.push(makeErrorMessage(error));
      }
    }
    if (asOneSource && path) onStored(path, files[0].name);
    return messages;
  }

  /** @param {ApiError} error */
  const makeErrorMessage = (error) =>
    makeElement("div", { class: "field__error" }, [error.message, error.hint].filter(Boolean).join(" "));

  /** @param {File[]} files */
  async function add(files) {
    container.classList.remove("drop--over");
    waiting.push(...files);
    if (container.ariaBusy === "true" || !waiting.length) return;
    container.ariaBusy = "true";
    numActiveUploads += 1;
    bar.hidden = false;
    const messages = [];
    try {
      while (waiting.length) messages.push(...(await uploadAll(waiting.splice(0))));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      messages.push(makeErrorMessage(error));
    } finally {
      status.replaceChildren(...messages);
      bar.hidden = true;
      input.value = "";
      container.ariaBusy = null;
      numActiveUploads -= 1;
    }
  }
  input.addEventListener("change", () => void add([...(input.files ?? [])]));
  for (const kind of ["dragenter", "dragover"])
    container.addEventListener(kind, (event) => {
      event.preventDefault();
      container.classList.add("drop--over");
    });
  container.addEventListener("dragleave", () => container.classList.remove("drop--over"));
  container.addEventListener("drop", (event) => {
    event.preventDefault();
    void add([...(event.dataTransfer?.files ?? [])]);
  });
}
