"""How sure a share is that was counted from few or many."""

import math
from dataclasses import dataclass

# Of the normal distribution: 95 % lie between minus and plus this.
Z = 1.959964


@dataclass(frozen=True, slots=True)
class Interval:
    """A share, and the bounds between which it may lie; all from 0 to 1."""

    share: float
    low: float
    high: float

    def overlaps(self, other: "Interval") -> bool:
        return self.low <= other.high and other.low <= self.high


def wilson(part: int, whole: int) -> Interval:
    """Return the 95 % score interval of `part` of `whole`, which is more than none.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22 (1927), 209-212; without continuity correction.
    """
    share = part / whole
    spread = Z * math.sqrt(share * (1 - share) / whole + Z * Z / (4 * whole * whole))
    middle = share + Z * Z / (2 * whole)
    scale = 1 + Z * Z / whole
    # At none and at all the bound is exact; arithmetic would miss it by its last digit.
    low = 0.0 if part == 0 else (middle - spread) / scale
    high = 1.0 if part == whole else (middle + spread) / scale
    return Interval(share, low, high)
