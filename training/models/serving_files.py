"""Files of an export with which other servers give the texts of `deepsynth predict`: greedy decoding, the
trained prompt, and a plugin that sets vLLM to the pages of the training."""

import json
import shlex
import shutil
from pathlib import Path
from typing import Final

from data.store.files import write_bytes, write_json
from training.models.provenance import Provenance
from training.models.published_layout import IMAGE_TOKEN

CHAT_TEMPLATE: Final = "chat_template.jinja"
PLUGIN: Final = "vllm_plugin"
"""Folder of an export that `pip install` takes."""
_GENERATION_CONFIG: Final = "generation_config.json"
_PLUGIN_SOURCE: Final = Path(__file__).parent / PLUGIN
_PLUGIN_FILES: Final = ("pyproject.toml", "deepsynth_vllm.py")
# The images come first and without a gap, wherever they stand in the messages: the model has seen no other
# order.
_TEMPLATE: Final = """\
{{- bos_token -}}
{%- set found = namespace(text="") -%}
{%- for message in messages -%}
  {%- if message["content"] is string -%}
    {%- set found.text = found.text ~ message["content"] -%}
  {%- else -%}
    {%- for part in message["content"] -%}
      {%- if part["type"] in ("image", "image_url") -%}
        {{- @IMAGE -}}
      {%- elif part["type"] == "text" -%}
        {%- set found.text = found.text ~ part["text"] -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endif -%}
{%- endfor -%}
{%- set text = found.text | replace(@IMAGE, "") -%}
{%- set prompt = @PROMPT -%}
{{- prompt if text | trim in ("", prompt | trim) else text -}}
"""


def write_serving_files(folder: Path, provenance: Provenance) -> None:
    """Write the files into an export in the published layout.

    Args:
        folder: of the export.
        provenance: of the training; the plugin reads it from the folder.

    Raises:
        StorageError: the disk is full or not writable.
    """
    # vLLM ignores do_sample; a temperature of 0 makes it greedy. Without a number of tokens it writes up to
    # the end of the context.
    known = json.loads((folder / _GENERATION_CONFIG).read_bytes())
    greedy = {"do_sample": False, "temperature": 0.0, "max_new_tokens": provenance.max_length}
    write_json(folder / _GENERATION_CONFIG, known | greedy)
    write_bytes(folder / CHAT_TEMPLATE, chat_template(provenance.prompt).encode())
    (folder / PLUGIN).mkdir()
    for name in _PLUGIN_FILES:
        shutil.copyfile(_PLUGIN_SOURCE / name, folder / PLUGIN / name)
    provenance.write(folder)


def chat_template(prompt: str) -> str:
    """Return the Jinja template that turns messages into the trained prompt: bos, the pages, the text.

    A text that is empty, or that differs from the trained prompt by white space only, becomes the trained
    prompt.

    Args:
        prompt: text right after the pages in the training.
    """
    # White space at the end is not trained (`TokenLayout.encode_prompt`). A JSON string is a Jinja string.
    literal = json.dumps(prompt.rstrip(), ensure_ascii=False)
    return _TEMPLATE.replace("@IMAGE", json.dumps(IMAGE_TOKEN)).replace("@PROMPT", literal)


def serve_command(folder: str, name: str) -> str:
    """Return the lines that serve an export with vLLM, run in an environment that holds vLLM.

    Args:
        folder: path of the export.
        name: of the model in requests.
    """
    # vLLM's second runner, the default on GPUs, takes no processors of logits.
    words = ("vllm", "serve", folder, "--served-model-name", name)
    install = shlex.join(("pip", "install", f"{folder}/{PLUGIN}"))
    return f"{install}\nVLLM_USE_V2_MODEL_RUNNER=0 {shlex.join(words)}"
