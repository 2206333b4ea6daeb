"""The table of model kinds: each row names what exists."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import transformers

from data.errors import ModelError
from data.page_modes import MODES
from data.store.workspace import Workspace
from training.models.model_files import find_model
from training.options import model_kinds
from training.options.model_kinds import (
    BUILT_IN,
    MODEL_KINDS,
    ModelKind,
    detect_kind,
    kind_of_name,
    license_of,
    pinned_revision,
)
from web_ui.catalog.models import BASES


def test_the_table_has_a_row_for_each_kind() -> None:
    assert tuple(MODEL_KINDS) == get_args(ModelKind)


@pytest.mark.parametrize("kind", MODEL_KINDS)
def test_a_row_names_classes_of_transformers_and_page_modes(kind: ModelKind) -> None:
    spec = MODEL_KINDS[kind]
    assert hasattr(transformers, spec.model_class)
    assert getattr(transformers, spec.config_class).model_type == spec.model_type
    assert set(spec.page_modes) <= set(MODES)
    assert spec.default_page_mode in spec.page_modes


@pytest.mark.parametrize("kind", MODEL_KINDS)
def test_a_hub_id_has_the_kind_the_revision_and_the_licence_of_its_row(kind: ModelKind) -> None:
    spec = MODEL_KINDS[kind]
    name = spec.hub_id or BUILT_IN
    assert (kind_of_name(name), pinned_revision(name), license_of(name)) == (
        kind,
        spec.revision,
        spec.license,
    )


def test_each_row_with_a_pinned_revision_is_offered_as_a_base() -> None:
    pinned = {spec.hub_id for spec in MODEL_KINDS.values() if spec.revision}
    assert {base.name for base in BASES} == pinned | {BUILT_IN}


def test_the_authors_layout_of_ocr_2_is_refused_with_the_repository_that_works(tmp_path: Path) -> None:
    document = {"model_type": "deepseek_vl_v2", "architectures": ["DeepseekOCR2ForCausalLM"]}
    for refuse in (
        lambda: detect_kind(document),
        lambda: find_model("deepseek-ai/DeepSeek-OCR-2", "0" * 40, Workspace.create(tmp_path)),
    ):
        with pytest.raises(ModelError, match="layout of the authors") as refused:
            refuse()
        assert MODEL_KINDS["deepseek_ocr2"].hub_id in refused.value.hint


def test_rows_that_share_a_native_class_are_told_apart() -> None:
    window = {"text_config": {"layer_types": ["reference_sliding_attention"]}}
    full = {"text_config": {"layer_types": ["full_attention"] * 2}}
    small = {"vision_config": {"sam_config": {"image_size": 320}}}
    assert [detect_kind({"model_type": "unlimited_ocr", **config}) for config in (window, full, small)] == [
        "unlimited_ocr",
        "deepseek_ocr",
        "tiny",
    ]


def test_kinds_of_one_config_are_told_apart_by_the_model_that_they_come_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = MODEL_KINDS["unlimited_ocr"]
    twin = replace(spec, title="Twin", hub_id="example/Twin")
    monkeypatch.setattr(model_kinds, "MODEL_KINDS", {**MODEL_KINDS, "twin": twin})
    monkeypatch.setattr(model_kinds, "_KINDS_BY_NAME", {spec.hub_id: "unlimited_ocr", twin.hub_id: "twin"})
    document = {"model_type": spec.model_type}
    assert model_kinds.detect_kind(document, "example/Twin") == "twin"
    assert model_kinds.detect_kind(document, spec.hub_id) == "unlimited_ocr"
    assert model_kinds.detect_kind(document) == "unlimited_ocr"
