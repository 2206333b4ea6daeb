"""The part of a model card on other programs: how they read a finished model as it was trained, as measured,
and where they do not."""

from typing import Final

from training.models.export import LIBRARY_CONFIG
from training.models.serving_files import serve_command
from training.options.model_kinds import MODEL_KINDS, ModelKind

_TITLE: Final = "### With other programs\n\n"
_FOLDER: Final = "./path/to/this/folder"
_VLLM: Final = """\
**vLLM**, in an environment that holds vLLM:

```sh
{command}
```

The plugin sets the pages of the training ({size_px} x {size_px} pixels, {num_tokens} tokens) and its rule
against repeats; `generation_config.json` in the folder makes each request greedy, and `chat_template.jinja`
gives the trained prompt to a request of pictures without a text. Measured with vLLM 0.32 on a processor in
float32: each token as by `deepsynth predict`, in each page mode, also of several pages. In bfloat16, as on a
GPU, near ties may fall the other way. **Without the plugin vLLM reads other pages, without an error**: none
of 32 tokens was the same.

**SGLang** was read, not run: it cuts and scales pages in its own way, which no file can change.

"""
_WHOLE_PAGES: Final = """\
The authors' `infer` reads a page as the training did with
`base_size={size_px}, image_size={size_px}, crop_mode=False`; its defaults do not.

"""
_TRANSFORMERS: Final = """\
`from_pretrained` of **transformers** makes a model of random weights, since it does not know the type that
config.json names. Give it the configuration in `{subfolder}/`:

```python
from transformers import UnlimitedOcrConfig, UnlimitedOcrForConditionalGeneration

folder = "{folder}"
config = UnlimitedOcrConfig.from_pretrained(folder, subfolder="{subfolder}")
model = UnlimitedOcrForConditionalGeneration.from_pretrained(folder, config=config)
```
"""
_UNLIMITED: Final = """\
The folder has the published layout of its base. vLLM serves that base, but cuts and scales pages in its own
way, which no file or plugin of ours changes: **its texts are others, without an error**. Serve it by
DeepSynth.

"""
_LIBRARY_LAYOUT: Final = """\
The folder has the layout of {model_class} in transformers, whose
`from_pretrained` loads it. vLLM and SGLang do not know that name. DeepSynth serves it.
"""


def describe_other_programs(
    kind: ModelKind, name: str, size_px: int, num_tokens: int, published: bool
) -> str:
    """Return the section, in Markdown.

    Args:
        kind: of the model.
        name: of the training.
        size_px: side of a page.
        num_tokens: of a page.
        published: whether the folder has the layout of the model's authors.
    """
    spec = MODEL_KINDS[kind]
    if not published:
        return _TITLE + _LIBRARY_LAYOUT.format(model_class=spec.model_class)
    vllm = _VLLM if spec.has_vllm_plugin else _UNLIMITED
    values = {"size_px": size_px, "num_tokens": num_tokens, "command": serve_command(_FOLDER, name)}
    python = _TRANSFORMERS.format(subfolder=LIBRARY_CONFIG, folder=_FOLDER.removeprefix("./"))
    return _TITLE + (vllm + _WHOLE_PAGES).format(**values) + python
