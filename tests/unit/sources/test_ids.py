"""Whatever way a paper is named, it has one id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.ids import (
    arxiv_id,
    arxiv_version,
    doi,
    known_ids,
    openreview_id,
    pubmed_id,
    url_id,
)


@pytest.mark.parametrize(
    ("text", "value", "version"),
    [
        ("2403.01234", "2403.01234", None),
        ("2403.01234v2", "2403.01234", 2),
        ("0704.0001", "0704.0001", None),
        ("arXiv:2403.01234v11", "2403.01234", 11),
        ("arxiv: 2403.01234 [cs.CL]", "2403.01234", None),
        ("oai:arXiv.org:2403.01234v1", "2403.01234", 1),
        ("quant-ph/0201082v1", "quant-ph/0201082", 1),
        ("math.GT/0309136", "math/0309136", None),
        ("http://arxiv.org/abs/2403.01234v2", "2403.01234", 2),
        ("https://arxiv.org/pdf/2403.01234v2.pdf", "2403.01234", 2),
        ("https://www.arxiv.org/html/2403.01234v3#S1", "2403.01234", 3),
        ("https://export.arxiv.org/abs/hep-th/9901001", "hep-th/9901001", None),
        ("https://ar5iv.labs.arxiv.org/html/2403.01234", "2403.01234", None),
        ("https://www.alphaxiv.org/abs/2403.01234", "2403.01234", None),
        ("https://huggingface.co/papers/2403.01234", "2403.01234", None),
        ("arxiv.org/abs/2403.01234", "2403.01234", None),
        ("https://doi.org/10.48550/arXiv.2403.01234", "2403.01234", None),
        ("10.48550/ARXIV.2403.01234", "2403.01234", None),
    ],
)
def test_arxiv_id_is_read_without_its_version(text: str, value: str, version: int | None) -> None:
    found = arxiv_id(text)
    assert found is not None
    assert str(found) == f"arxiv:{value}"
    assert arxiv_version(text) == version


@pytest.mark.parametrize(
    "text",
    [
        None, "", "42", "main.487", "2020.acl-main.12", "2413.01234", "2400.01234", "1234.567",
        "https://evilarxiv.org/abs/2403.01234", "https://example.org/abs/2403.01234",
        "https://arxiv.org/list/cs.CL/new", "foo/0201082", "https://arxiv.org.evil.example/abs/2403.01234",
        "version 2403.01234 of", "10.1145/2403.01234",
    ],
)  # fmt: skip
def test_what_is_no_arxiv_id_is_none(text: str | None) -> None:
    assert arxiv_id(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10.1145/ABC.12", "10.1145/abc.12"),
        ("doi:10.1145/ABC.12", "10.1145/abc.12"),
        ("https://doi.org/10.1038/S42256-020-0001-1.", "10.1038/s42256-020-0001-1"),
        ("http://dx.doi.org/10.1002/(SICI)1096(1999)1:2", "10.1002/(sici)1096(1999)1:2"),
        ("https://dl.acm.org/doi/full/10.1145/1.2", "10.1145/1.2"),
        ("10.1101/2026.07.15.123456v2", "10.1101/2026.07.15.123456"),
        (
            "https://www.biorxiv.org/content/10.1101/2026.07.15.123456v1.full?rss=1",
            "10.1101/2026.07.15.123456",
        ),
        ("10.1101/085118v3", "10.1101/085118"),
        ("https://doi.org/10.1000%2Fxyz", "10.1000/xyz"),
    ],
)
def test_doi_is_lower_case_without_a_preprint_version(text: str, value: str) -> None:
    assert str(doi(text)) == f"doi:{value}"


@pytest.mark.parametrize("text", [None, "", "10.1/x", "10.1145", "https://example.org/10", "42"])
def test_what_is_no_doi_is_none(text: str | None) -> None:
    assert doi(text) is None


def test_openreview_pubmed_and_addresses_are_told() -> None:
    assert str(openreview_id("https://openreview.net/forum?id=sW8yGZ4uVJ&x=1")) == (
        "openreview:sW8yGZ4uVJ"
    )
    assert str(openreview_id("https://openreview.net/pdf?id=sW8yGZ4uVJ")) == "openreview:sW8yGZ4uVJ"
    assert openreview_id("https://openreview.net/group?id=ICLR.cc") is None
    assert str(pubmed_id("https://pubmed.ncbi.nlm.nih.gov/123456/")) == "pmid:123456"
    assert pubmed_id("https://example.org/123456/") is None
    assert url_id("https://www.example.org/a/?utm_source=x&p=1#top") == url_id(
        "http://example.org/a?p=1"
    )
    assert url_id("https://example.org/") is None


def test_identities_come_strongest_first_and_once() -> None:
    found = known_ids(
        "10.1145/1.2", "2403.01234v1", None, "https://arxiv.org/abs/2403.01234", "doi:10.1145/1.2"
    )
    assert [str(one) for one in found] == ["arxiv:2403.01234", "doi:10.1145/1.2"]


@given(st.text(alphabet="arxiv:/.0123456789v?#%[]@ \n10.https") | st.text())
def test_any_text_is_an_id_or_none(text: str) -> None:
    for read in (arxiv_id, doi, openreview_id, pubmed_id, url_id):
        found = read(text)
        assert found is None or found == found.parse(str(found))
