"""The trusted kernel: judges an emitted text against a reference, and knows no compiler.

tree        what a text's tree becomes
exact       runs a text on numbers that are not floats
functions   what the functions mean, and their derivatives
algebras    field elements, balls, duals
oracles     what exponentials and logarithms know of each other
doubles     float64 itself
claim       what is claimed, and one trial of it
draws       where it is tried
watch       which ways its comparisons went
results     what a check finds
judge       the verdicts
"""

from symgrad.checker.claim import Claim
from symgrad.checker.judge import check_balls, check_identity, verified, verify
from symgrad.checker.results import Agrees, Identity, Refuted, Result, Skipped

__all__ = [
    "Agrees",
    "Claim",
    "Identity",
    "Refuted",
    "Result",
    "Skipped",
    "check_balls",
    "check_identity",
    "verified",
    "verify",
]
