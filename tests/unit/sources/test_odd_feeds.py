"""feedparser's own collection of ill-formed and oddly encoded feeds: read, or refused in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.sources.feed import parse_feed

ODD = Path(__file__).parents[2] / "data" / "raw" / "feedparser_tests"
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)

#: Most of these files are a shell without any entry, or with entries that have no title.
TITLES = {
    "encoding/http_text_xml_charset_2.xml": "Foo",
    "encoding/http_text_xml_charset_overrides_encoding_2.xml": "Foo",
    "illformed/chardet/eucjp.xml": "ゲーム三昧な正月",
    "illformed/chardet/euckr.xml": "EUC-KR 에서 TypeKey 한글닉네임 표시하기",
    "illformed/chardet/gb2312.xml": "不归移民漫画系列：专业工作",
    "illformed/chardet/koi8r.xml": "Как пережить новогоднюю ночь",
    "illformed/chardet/shiftjis.xml": "DrecomRSSに記事投稿が反映されない…",
    "illformed/rdf_channel_empty_textinput.xml": "crashes here",
}
UNTITLED = {
    "encoding/bozo_double-encoded-html.xml",
    "encoding/bozo_encoding_mismatch_crash.xml",
    "encoding/bozo_linenoise.xml",
    "encoding/demoronize-1.xml",
    "encoding/demoronize-2.xml",
    "encoding/demoronize-3.xml",
    "encoding/double-encoded-html.xml",
    "encoding/encoding_attribute_crash.xml",
    "encoding/encoding_attribute_crash_2.xml",
    "encoding/euc-kr-attribute.xml",
    "encoding/euc-kr-item.xml",
    "encoding/http_encoding_attribute_crash.xml",
    "illformed/chardet/tis620.xml",
    "illformed/chardet/windows1255.xml",
    "illformed/geo/georss_point_no_coords.xml",
    "illformed/geo/georss_polygon_insufficient_coords.xml",
    "illformed/geo/gml_point.xml",
    "illformed/rss_item_link_corrupted_ampersands.xml",
}
REFUSED = {"illformed/rss_empty_document.xml": "the feed is empty"}
NAMES = sorted(str(path.relative_to(ODD)) for path in ODD.rglob("*.xml"))


def test_the_collection_is_complete() -> None:
    assert len(NAMES) == 94
    assert {*TITLES, *UNTITLED, *REFUSED} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_odd_feed_is_read_or_refused_with_a_reason(name: str) -> None:
    content = (ODD / name).read_bytes()
    header = re.search(rb"Header:\s*Content-type:\s*([^\n]*)", content, re.IGNORECASE)
    content_type = header[1].decode("latin-1").strip() if header else ""
    if name in REFUSED:
        with pytest.raises(SourceError, match=REFUSED[name]):
            parse_feed(content, content_type, fetched_at=NOW)
        return
    feed = parse_feed(content, content_type, fetched_at=NOW)
    assert [paper.title for paper in feed.papers] == ([TITLES[name]] if name in TITLES else [])
    assert feed.untitled == (name in UNTITLED)
