"""Which paper a text names: arXiv, DOI, OpenReview, PubMed or the address itself."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from digest.model import PaperId

# https://info.arxiv.org/help/arxiv_identifier.html: YYMM.NNNN from 0704, five digits from 1501;
# before that archive/YYMMNNN, where a subject class after the archive names the same paper.
_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas"
    "|cond-mat|cs|dg-ga|funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math-ph|math|mtrl-th|nlin"
    "|nucl-ex|nucl-th|patt-sol|physics|plasm-ph|q-alg|q-bio|q-fin|quant-ph|solv-int|stat|supr-con"
)
_NEW = r"(?:0[7-9]|[1-9]\d)(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD = rf"(?:{_ARCHIVES})(?:\.[a-z]{{2}})?/(?:9[1-9]|0[0-7])(?:0[1-9]|1[0-2])\d{{3}}"
_ARXIV = rf"(?P<id>{_NEW}|{_OLD})(?:v(?P<version>[1-9]\d{{0,2}}))?"
_BARE = re.compile(
    rf"(?:(?:oai:)?arxiv(?:\.org)?[:\s]\s*)?{_ARXIV}(?:\s*\[[^\]]*\])?", re.IGNORECASE
)
_PATH = re.compile(
    rf"/(?:abs|pdf|html|format|ps|src|e-print|papers|paper|arxiv|overview|resources)/+{_ARXIV}"
    r"(?:\.pdf|\.md)?/?(?:[?#].*)?",
    re.IGNORECASE,
)
_ARXIV_HOSTS = ("arxiv.org", "ar5iv.org", "alphaxiv.org", "huggingface.co", "hf.co")
_ARXIV_DOI = re.compile(rf"10\.48550/arxiv\.{_ARXIV}", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[^\s\"<>]+")
# bioRxiv's and medRxiv's pages carry the version in the address: 10.1101/2026.07.15.123456v2.full
_PREPRINT = re.compile(r"(10\.(?:1101|64898)/[\d.]*\d)(?:v\d+.*)?")
_OPENREVIEW = re.compile(r"[A-Za-z0-9_-]{8,20}")


def _split(text: str) -> tuple[str, str, str]:
    """Host without `www.`, path and query of an address; three empty texts for anything else."""
    if "://" not in text:
        head = text.partition("/")[0].lower()
        if "." not in head or not head.rpartition(".")[2].isalpha():
            return "", "", ""
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return "", "", ""
    if parts.scheme.lower() not in ("http", "https"):
        return "", "", ""
    return host.removeprefix("www."), parts.path, parts.query


def _is_of(host: str, domain: str) -> bool:
    return host == domain or host.endswith("." + domain)


def _arxiv(text: str) -> re.Match[str] | None:
    text = text.strip()
    if len(text) > 500:
        return None
    if found := _BARE.fullmatch(text):
        return found
    host, path, _ = _split(text)
    if any(_is_of(host, domain) for domain in _ARXIV_HOSTS):
        return _PATH.fullmatch(unquote(path))
    if host == "semanticscholar.org":
        return _PATH.fullmatch(path)
    raw = _raw_doi(text)
    return _ARXIV_DOI.fullmatch(raw) if raw else None


def arxiv_id(text: str | None) -> PaperId | None:
    """The arXiv id that an id, address or arXiv DOI names, without its version.

    >>> str(arxiv_id("https://arxiv.org/pdf/2403.01234v2.pdf"))
    'arxiv:2403.01234'
    >>> str(arxiv_id("math.GT/0309136"))
    'arxiv:math/0309136'
    """
    found = _arxiv(text) if text else None
    if not found:
        return None
    value = found["id"].lower()
    if "/" in value:
        archive, _, number = value.partition("/")
        value = f"{archive.partition('.')[0]}/{number}"
    return PaperId("arxiv", value)


def arxiv_version(text: str | None) -> int | None:
    """The version that such a text carries: `2403.01234v2` says 2."""
    found = _arxiv(text) if text else None
    return int(found["version"]) if found and found["version"] else None


def _raw_doi(text: str) -> str | None:
    text = text.strip()
    if len(text) > 1000:
        return None
    text = re.sub(r"^(?:doi|info:doi/|urn:doi)\s*[:/]?\s*(?=10\.)", "", text, flags=re.IGNORECASE)
    if text.startswith("10."):
        found = _DOI.fullmatch(text)
        return found[0] if found else None
    host, path, query = _split(text)
    if not host:
        return None
    path = unquote(path)
    if _is_of(host, "doi.org") and query:
        path = f"{path}?{unquote(query)}"
    found = _DOI.search(path)
    # A page about a paper (/doi/full/10.1145/1.2/suppl) is not the paper: leave doubt aside.
    return found[0] if found and path[found.start() - 1] == "/" else None


def doi(text: str | None) -> PaperId | None:
    """The DOI that a text or address names, in lower case; for arXiv's DOIs the arXiv id.

    bioRxiv's and medRxiv's version suffix goes: every version is the same paper.
    """
    raw = _raw_doi(text) if text else None
    if not raw:
        return None
    if found := arxiv_id(raw) if _ARXIV_DOI.fullmatch(raw) else None:
        return found
    value = raw.lower().rstrip(".,;:)]}'/") if raw.count("(") < raw.count(")") else raw.lower()
    value = value.rstrip(".,;:'/")
    if preprint := _PREPRINT.fullmatch(value):
        value = preprint[1]
    return PaperId("doi", value) if _DOI.fullmatch(value) else None


def openreview_id(text: str | None) -> PaperId | None:
    """The forum id of `openreview.net/forum?id=…`, `/pdf?id=…` or `openreview:…`."""
    if not text:
        return None
    text = text.strip()
    if text.lower().startswith("openreview:"):
        value = text.partition(":")[2].strip()
    else:
        host, path, query = _split(text)
        found = re.search(r"(?:^|&)id=([^&#]+)", query)
        if not _is_of(host, "openreview.net") or not found:
            return None
        if path.strip("/") not in ("forum", "pdf", "attachment", "references/pdf"):
            return None
        value = unquote(found[1])
    return PaperId("openreview", value) if _OPENREVIEW.fullmatch(value) else None


def pubmed_id(text: str | None) -> PaperId | None:
    """The number of `pmid:…` or of a PubMed page."""
    if not text:
        return None
    if found := re.fullmatch(r"\s*pmid:?\s*(\d{1,9})\s*", text, re.IGNORECASE):
        return PaperId("pmid", found[1])
    host, path, _ = _split(text.strip())
    found = re.fullmatch(r"(?:/pubmed)?/(\d{1,9})/?", path)
    is_pubmed = host == "pubmed.ncbi.nlm.nih.gov" or (
        host == "ncbi.nlm.nih.gov" and path.startswith("/pubmed/")
    )
    return PaperId("pmid", found[1]) if found and is_pubmed else None


_TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid|rss|ref|source)=", re.IGNORECASE)


def url_id(url: str | None) -> PaperId | None:
    """An address as identity: without scheme, `www.`, fragment, tracking or a last slash."""
    host, path, query = _split(url.strip()) if url else ("", "", "")
    if not host or not url or "://" not in url:
        return None
    kept = "&".join(part for part in query.split("&") if part and not _TRACKING.match(part))
    value = host + path.rstrip("/") + (f"?{kept}" if kept else "")
    # A bare home page names no paper.
    return PaperId("url", value) if path.strip("/") or kept else None


def known_ids(*texts: str | None) -> tuple[PaperId, ...]:
    """Every identity that the texts name, strongest first, each once. May be empty."""
    found: dict[PaperId, None] = {}
    for read in (arxiv_id, doi, openreview_id, pubmed_id):
        for text in texts:
            if (paper_id := read(text)) is not None:
                found.setdefault(paper_id)
    order = {"arxiv": 0, "doi": 1, "openreview": 2, "pmid": 3}
    return tuple(sorted(found, key=lambda paper_id: order[paper_id.scheme]))
