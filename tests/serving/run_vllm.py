"""Run by the Python of vLLM's environment: answers requests to one model.

Reads {"model": folder, "max_tokens": number, "requests": [[path of a page, ...], ...]} from its input, and
writes the token ids of each request's prompt and text as JSON to the path that it is given.
"""

import json
import sys
from pathlib import Path

from PIL import Image
from vllm import LLM


def main() -> None:
    """Answer all requests."""
    task = json.load(sys.stdin)
    llm = LLM(
        task["model"],
        dtype="float32",
        enforce_eager=True,
        skip_mm_profiling=True,
        max_model_len=4096,
        max_num_seqs=4,
    )
    params = llm.get_default_sampling_params()  # those of the folder's generation_config.json
    params.max_tokens = task["max_tokens"]
    answers = []
    for paths in task["requests"]:
        pages = [{"type": "image_pil", "image_pil": Image.open(path).convert("RGB")} for path in paths]
        [output] = llm.chat([{"role": "user", "content": pages}], params, use_tqdm=False)
        ids = {"prompt": list(output.prompt_token_ids), "text": list(output.outputs[0].token_ids)}
        answers.append(ids)
    Path(sys.argv[1]).write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
