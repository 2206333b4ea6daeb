// The form that publishes a stored dataset or model on the Hub: a job of its own.

import { findElement, findInput } from "../base/dom.js";
import { readSystem } from "../base/system.js";
import { followDifferences } from "../forms/earlier-job.js";
import { submitJobOnSubmit } from "../forms/submit.js";

/**
 * @param {string} collection
 * @param {string} name
 * @param {import("../base/api-types.js").JobAnswer | null} earlier a publication whose settings it starts from
 */
export async function fillPublishForm(collection, name, earlier) {
  const form = findElement("#publish-form");
  const [repository, isPrivate] = [findInput('[name="repo_id"]', form), findInput('[name="private"]', form)];
  const kind = collection === "datasets" ? "dataset" : "model";
  const body = () => ({ [kind]: name, repo_id: repository.value.trim() || null, private: isPrivate.checked });
  if (earlier?.kind === `publish_${kind}`) {
    repository.value = earlier.config.repo_id ?? "";
    isPrivate.checked = earlier.config.private;
    followDifferences(form, earlier, body);
  }
  submitJobOnSubmit(form, `/${kind}/publish`, body);
  findElement("#no-hub-token", form).hidden = (await readSystem()).has_hub_token;
}
