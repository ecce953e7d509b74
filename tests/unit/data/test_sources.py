"""sr.data.sources: the registry is closed, and its entries are consistent."""

from collections.abc import Callable

import pytest

from sr.core.errors import UserError
from sr.data import sources
from sr.data.formats import Archive


def test_unknown_set_is_rejected_with_the_nearest_name() -> None:
    with pytest.raises(UserError, match=r"DIVK2: unknown data set; did you mean 'DIV2K'\? Known sets: DIV2K, "):
        sources.find("DIVK2")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"surprise": 1}, "Tiny: unknown key 'surprise'"),
        ({"instruction": "Ask"}, "Tiny: unknown key 'instruction'; did you mean 'instructions'?"),
        ({"count": 0}, "Tiny.count: 0: "),
        ({"count": "3"}, 'Tiny.count: "3": '),
        ({"kind": "cloud"}, "Tiny: input tag 'cloud' found using 'kind'"),
    ],
)
def test_registry_is_closed(register: Callable, change: dict, message: str) -> None:
    register(**{"kind": "manual", "instructions": "Ask"} | change)
    with pytest.raises(UserError) as caught:
        sources.names()
    assert message in str(caught.value)


def test_package_lists_as_many_files_as_it_counts(register: Callable) -> None:
    register(kind="package", package="a", requirement="a==1", files={"b.png": "0" * 64})
    with pytest.raises(UserError, match="Tiny: count is 3, but 1 files are listed"):
        sources.names()


def test_downloads_are_named_by_number(register: Callable) -> None:
    item = {"url": "ftp://example.org/a.zip", "checksum": "unpublished"}
    register(kind="archive", suffixes=[".png"], folder="set", downloads=[item])
    with pytest.raises(UserError, match=r'Tiny\.downloads\.0\.url: "ftp://'):
        sources.names()


def test_every_registered_archive_can_be_verified() -> None:
    assert {"DIV2K", "Flickr2K", "Set5", "Set14", "B100", "Urban100", "Manga109"} <= set(sources.names())
    for dataset in map(sources.find, sources.names()):
        if isinstance(dataset.entry, Archive):
            assert dataset.entry.downloads[0].published, "the publisher's own archive has a checksum"
