"""Slips in common mail domains are found, and no mail domain that exists is called one."""

from __future__ import annotations

import pytest

from digest.storage.lists.exchange.typos import likely_domain

SLIPS = {
    "gmail.com": "gmial.com gmai.com gmal.com gmali.com gmaill.com gamil.com gnail.com gmail.con"
    " gmail.comm gmail.co gmail.cm gmail.om gmail.cmo gmaul.com gmaio.com gmial.con",
    "hotmail.com": "hotmial.com hotmal.com hotmai.com hotmil.com htmail.com otmail.com hotmaill.com"
    " hotmail.con homail.com",
    "yahoo.com": "yaho.com yahooo.com yhoo.com yaoo.com yahoo.con yhaoo.com yahoo.co",
    "outlook.com": "outlok.com outloook.com outlool.com outlook.con oulook.com",
    "icloud.com": "iclod.com icloud.con",
    "hotmail.co.uk": "hotmial.co.uk",
    "gmx.de": "gmx.ed gmx.dee",
    "yahoo.co.uk": "yaho.co.uk",
}
REAL = (
    "gmail.com mail.com email.com ymail.com gmx.de gmx.com gmx.net gmx.at web.de live.com live.fr"
    " aol.com me.com yahoo.fr yahoo.ca yahoo.co.jp yahoo.com.mx hotmail.fr hotmail.nl outlook.jp"
    " proton.me protonmail.ch fastmail.fm orange.es free.fr mail.ru mail.de inbox.lv zoho.eu"
    " example.org cam.ac.uk mit.edu love.com life.com line.com hey.com wahoo.com example.co"
    " company.co startup.cm mail.co xn--bcher-kva.example"
)


@pytest.mark.parametrize(
    ("typed", "meant"), [(t, meant) for meant, slips in SLIPS.items() for t in slips.split()]
)
def test_a_slip_leads_to_its_provider(typed: str, meant: str) -> None:
    assert likely_domain(typed) == meant


@pytest.mark.parametrize("domain", REAL.split())
def test_a_mail_domain_of_its_own_is_left_in_peace(domain: str) -> None:
    assert likely_domain(domain) is None
