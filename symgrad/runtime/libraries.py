"""The modules that emitted texts may import, and what they may use of each.

The allow-list permits NumPy, ``math`` and SciPy's special functions to every text, and to the texts
of one target what that target declares besides.  A file names its target and nothing more: it is
the program that loads it which has the declarations.

>>> toy = Library("toy", "t", names=words("exp tensor"), makers=words("tensor"))
>>> toy.called, toy.line
('t', 'import toy as t')
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from symgrad.errors import NamingError


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


@dataclass(frozen=True)
class Library:
    """A module that a text may import.

    alias     the name that the text gives it, which then means nothing else there; by default its
              own
    whole     whether ``import`` may name it, and not ``from`` alone
    names     what may be read of it
    single    what ``from`` may import of it
    parts     modules in it, such as ``np.linalg``, with the names of each
    methods   of its arrays, besides NumPy's
    numbers   the names among these of numbers that no literal spells
    dtypes    the names of dtypes, which also make a number of that dtype
    makers    the functions that make an array of a literal
    install   how it is installed, for the error where it is absent
    optional  whether a text can be read and saved without it, so that only a call needs it
    called    its name in a text, made of these; and ``line``, which imports it
    Raises NamingError for one that ``import`` may name by no single name.
    """

    name: str
    alias: str = ""
    whole: bool = True
    names: frozenset[str] = frozenset()
    single: frozenset[str] = frozenset()
    parts: tuple[tuple[str, frozenset[str]], ...] = ()
    methods: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    dtypes: frozenset[str] = frozenset()
    makers: frozenset[str] = frozenset()
    install: str = ""
    optional: bool = False

    called: str = field(init=False)
    line: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "called", self.alias or self.name)
        line = f"import {self.name} as {self.alias}" if self.alias else f"import {self.name}"
        object.__setattr__(self, "line", line)
        if self.whole and not self.called.isidentifier():
            raise NamingError(f"the module {self.name} needs an alias, which is one name")


METHODS = words(
    "T all any argmax argmin argsort astype at clip copy cumprod cumsum diagonal dot dtype fill "
    "flatten item max mean min ndim nonzero prod ravel repeat reshape round shape size sort "
    "squeeze std sum swapaxes take tolist trace transpose var accumulate outer reduce reduceat"
)

_NUMPY = words(
    "abs absolute add all any arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax "
    "argmin argsort array array_equal asarray ascontiguousarray asfortranarray atleast_1d "
    "atleast_2d bincount block bool_ broadcast_shapes broadcast_to cbrt ceil clip column_stack "
    "concatenate copy copysign copyto cos cosh cross cumprod cumsum deg2rad diag diag_indices "
    "diagonal divide dot e einsum empty empty_like equal exp exp2 expand_dims expm1 eye fabs "
    "fill_diagonal flip float32 float64 float_power floor floor_divide fmax fmin full full_like "
    "greater greater_equal heaviside hstack hypot identity inf inner int64 intp invert isfinite "
    "isinf indices isnan ix_ kron ldexp less less_equal linspace log10 log1p log2 logaddexp "
    "logaddexp2 log logical_and logical_not logical_or logical_xor matmul max maximum mean min "
    "minimum mod moveaxis multiply nan nan_to_num ndim negative newaxis nextafter nonzero "
    "not_equal ogrid ones ones_like outer pad pi positive power prod put_along_axis rad2deg ravel "
    "reciprocal remainder repeat reshape rint roll round s_ searchsorted select shape sign signbit "
    "sin sinh size sort sqrt square squeeze stack std subtract sum swapaxes take take_along_axis "
    "tan tanh tensordot tile trace transpose tri tril tril_indices triu triu_indices true_divide "
    "trunc var vdot vstack where zeros zeros_like linalg"
)
_SPECIAL = words(
    "digamma erf erfc erfcx erfinv exprel expit gamma gammaln i0 i1 lambertw log_expit log_ndtr "
    "log_softmax loggamma logit logsumexp ndtr ndtri polygamma psi softmax xlog1py xlogy zeta"
)
_MATH = frozenset(name for name in vars(math) if not name.startswith("_"))

NUMPY = Library(
    "numpy",
    "np",
    names=_NUMPY,
    parts=(("linalg", words("cholesky det eigh inv norm pinv qr slogdet solve svd")),),
    numbers=words("e inf nan newaxis pi"),
    dtypes=words("float32 float64 int64 bool_"),
    makers=words("array"),
)
MATH = Library(
    "math",
    names=_MATH,
    single=_MATH,
    numbers=words("e inf nan pi tau"),
)
SPECIAL = Library(
    "scipy.special",
    whole=False,
    single=_SPECIAL,
    install="pip install 'symgrad[scipy]'",
)
FUTURE = Library("__future__", whole=False, single=words("annotations"))
STANDARD = (NUMPY, MATH, SPECIAL, FUTURE)
