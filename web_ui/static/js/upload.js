// Files dropped on the page or chosen go to the service, with progress. Any number of tries: a file is whole there or absent.

import { API, ApiError } from "./api.js";
import { control, one } from "./dom.js";
import { bytes, percent } from "./format.js";

/** Names on disk are plain; what a browser calls a file may not be. @param {string} name */
export const plainName = (name) => name.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/\.{2,}/g, ".").replace(/^[^A-Za-z0-9]+/, "").slice(-96) || "file";

/**
 * Send one file.
 * @param {File} file
 * @param {(share: number) => void} onProgress
 * @returns {Promise<{path: string, size_bytes: number}>}
 */
function send(file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();  // fetch cannot tell how much of a body has been sent
    request.open("PUT", `${API}/uploads/${plainName(file.name)}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    request.addEventListener("load", () => (request.status < 300 ? resolve(request.response) : reject(new ApiError(request.status, request.response?.error ?? {}))));
    request.addEventListener("error", () => reject(new ApiError(0, { message: "The upload was cut off.", hint: "Check the connection and try again." })));
    request.send(file);
  });
}

/**
 * Make a place take files.
 * @param {HTMLElement} place
 * @param {(path: string) => void} onStored called with upload:<name>
 */
export function takesFiles(place, onStored) {
  const input = control('input[type="file"]', place);
  const bar = one(".bar", place);
  const status = one('[role="status"]', place);

  /** @param {File | undefined} file */
  async function take(file) {
    if (!file) return;
    bar.hidden = false;
    place.classList.remove("drop--over");
    try {
      const stored = await send(file, (share) => {
        one("i", bar).style.width = `${share * 100}%`;
        bar.setAttribute("aria-valuenow", String(Math.round(share * 100)));
        status.textContent = `${file.name}: ${percent(share)} of ${bytes(file.size)}`;
      });
      status.textContent = `${file.name} is stored (${bytes(stored.size_bytes)}).`;
      onStored(stored.path);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      status.textContent = [error.message, error.hint].filter(Boolean).join(" ");
    }
    bar.hidden = true;
    input.value = "";
  }
  input.addEventListener("change", () => take(input.files?.[0]));
  for (const kind of ["dragenter", "dragover"]) place.addEventListener(kind, (event) => {
    event.preventDefault();
    place.classList.add("drop--over");
  });
  place.addEventListener("dragleave", () => place.classList.remove("drop--over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    void take(event.dataTransfer?.files[0]);
  });
}
