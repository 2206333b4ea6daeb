"""The stand-in answers as the Hub does where its answers decide something: paging, tokens, revisions."""

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

from tests.hub.stand_in import TOKEN, USER, StandInHub


def test_long_listings_come_in_pages(hub: StandInHub) -> None:
    names = {f"train/shard-{number:05d}.parquet" for number in range(2300)}
    hub.repository("news/large").put(dict.fromkeys(names, b"x"))
    entries = HfApi(hub.url).list_repo_tree("news/large", repo_type="dataset", recursive=True)
    assert names < {entry.path for entry in entries}
    assert hub.count("GET", "/tree/") == 3


def test_private_repositories_hide_from_strangers(hub: StandInHub) -> None:
    hub.repository(f"{USER}/own", private=True)
    with pytest.raises(RepositoryNotFoundError):
        HfApi(hub.url, token=False).dataset_info(f"{USER}/own")
    assert HfApi(hub.url, token=TOKEN).dataset_info(f"{USER}/own").private


def test_gated_content_asks_for_access(hub: StandInHub) -> None:
    hub.repository("news/gated", gated=True).put({"a.txt": b"a"})
    with pytest.raises(GatedRepoError):
        list(HfApi(hub.url, token=TOKEN).list_repo_tree("news/gated", repo_type="dataset"))


def test_unknown_revisions_are_said(hub: StandInHub) -> None:
    hub.repository("news/plain")
    with pytest.raises(RevisionNotFoundError):
        HfApi(hub.url, token=False).dataset_info("news/plain", revision="v9")
