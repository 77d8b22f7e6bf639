"""Reads one letter as its readers' programs will, and says what is wrong with it."""

from digest.proofing.finding import Finding, Severity
from digest.proofing.letter import proof_letter

__all__ = ["Finding", "Severity", "proof_letter"]
