"""The trusted kernel: judges an emitted text against a reference, and knows no compiler.

exact_syntax    what a text's tree becomes
exact_number    what stands for a float, and where there is none
exact_text      runs a text on such numbers
real_functions  what the functions mean, and their derivatives
prime_field     elements of a prime field
balls           balls, and duals
oracles     what exponentials and logarithms know of each other
doubles     float64 itself
claim       what is claimed, and one trial of it
outlines        of arguments and results
samples         where it is tried
rounding    what floats make of it
failures    of a text where the reference has a value
ties        either side of comparisons, and their ties, where results depend on them
comparisons     which ways its comparisons went
results     what a check finds
arrays      trials of whole arrays
cells       arrays of numbers
cell_algebra    what algebras of them share
residues    arrays of residues modulo several primes
enclosures  arrays of balls, of two floats and a radius
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
