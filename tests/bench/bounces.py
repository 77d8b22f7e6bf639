"""How many of flufl.bounce's samples are recognised, and in what time.

python -m tests.bench.bounces
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from digest.bounces.reading import read_report
from digest.bounces.report import Kind
from tests.support.bounce_samples import Sample, samples

_ROUNDS = 5


def recognised(sample: Sample) -> bool:
    """Whether the report is about whom the sample is about, and takes a delay for a delay."""
    report = read_report(sample.raw)
    found = {address for failure in report.failures for address in failure.addresses}
    late = all(failure.kind is Kind.DELAYED for failure in report.failures)
    return sample.addresses <= found and (not found or late == sample.temporary)


def main() -> None:
    bounces = [sample for sample in samples() if sample.addresses]
    others = [sample for sample in samples() if not sample.addresses]
    known = sum(map(recognised, bounces))
    kinds = Counter(read_report(sample.raw).kind.value for sample in samples())
    begun = time.process_time()
    for _ in range(_ROUNDS):
        for sample in samples():
            read_report(sample.raw)
    each = (time.process_time() - begun) / _ROUNDS / len(samples())
    shown = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    sys.stdout.write(
        f"{known}/{len(bounces)} bounces recognised ({known / len(bounces):.1%}), {each * 1000:.1f}"
        f" ms a message\n{len(others)} samples without an address; all together: {shown}\n"
    )


if __name__ == "__main__":
    main()
