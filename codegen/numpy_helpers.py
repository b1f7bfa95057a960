"""Functions that the NumPy target writes into a module which needs them.

Each is what an expert would have written: stable for every float, without warnings of its own, and
of the operand's dtype.
"""

from __future__ import annotations

from symgrad.codegen.pasted import helpers_of
from symgrad.codegen.target import Helper
from symgrad.ops import array_forms


def _helper(name: str, source: str, *needs: str, imports: tuple[str, ...] = ()) -> Helper:
    return Helper(name, source.strip("\n") + "\n", imports, needs)


HELPERS = {
    helper.name: helper
    for helper in (
        _helper(
            "sigmoid",
            '''
def sigmoid(x):
    """1 / (1 + exp(-x)), without overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0.0, 1.0, e) / (1.0 + e)
''',
        ),
        _helper(
            "softplus",
            '''
def softplus(x):
    """log(1 + exp(x)), without overflow."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))
''',
        ),
        _helper(
            "log_sigmoid",
            '''
def log_sigmoid(x):
    """log(1 / (1 + exp(-x))), without overflow."""
    return np.minimum(x, 0.0) - np.log1p(np.exp(-np.abs(x)))
''',
        ),
        _helper(
            "elu",
            '''
def elu(x, alpha):
    """x where positive, alpha * (exp(x) - 1) elsewhere."""
    return np.where(x > 0.0, x, alpha * np.expm1(np.minimum(x, 0.0)))
''',
        ),
        _helper(
            "xlogy",
            '''
def xlogy(x, y):
    """x * log(y), and 0 where x is 0 and y is no nan."""
    zero = (x == 0.0) & ~np.isnan(y)
    return np.where(zero, 0.0, x * np.log(np.where(zero, 1.0, y)))
''',
        ),
        _helper(
            "xlog1py",
            '''
def xlog1py(x, y):
    """x * log(1 + y), and 0 where x is 0 and y is no nan."""
    zero = (x == 0.0) & ~np.isnan(y)
    return np.where(zero, 0.0, x * np.log1p(np.where(zero, 0.0, y)))
''',
        ),
        _helper(
            "log1mexp",
            '''
def log1mexp(x):
    """log(1 - exp(x)) for x below 0, without cancellation."""
    near = x > -0.6931471805599453
    far = np.log1p(-np.exp(np.where(near, -1.0, x)))
    return np.where(near, np.log(-np.expm1(np.where(near, x, -1.0))), far)
''',
        ),
        _helper(
            "inverse_mills",
            '''
def inverse_mills(x):
    """The normal density over the distribution function: the derivative of log_ndtr."""
    above, below = np.clip(x, 0.0, 40.0), np.minimum(x, 0.0)
    high = np.floor(256.0 * above) / 256.0  # its square is exact
    density = np.exp(-0.5 * np.square(high)) * np.exp(-0.5 * (above - high) * (above + high))
    right = 0.7978845608028654 * density / erfc(-0.7071067811865476 * above)
    return np.where(x > 0.0, right, 0.7978845608028654 / erfcx(-0.7071067811865476 * below))
''',
            imports=("from scipy.special import erfc", "from scipy.special import erfcx"),
        ),
        _helper(
            "mills_tail",
            '''
def mills_tail(x, k):
    """k/(-x + (k + 1)/(-x + ...)): for k = 1 it is x + inverse_mills(x), without cancellation."""
    t = np.maximum(-x, 1.0)
    f = 0.5 * (t + np.sqrt(t * t + 1320.0))
    for n in range(330, k, -1):
        f = n / f + t
    r = x + inverse_mills(np.maximum(x, -1.0))
    for n in range(1, k):
        r = n / r + x
    return np.where(x <= -1.0, k / f, r)
''',
            "inverse_mills",
        ),
        _helper(
            "ndtr",
            '''
def ndtr(x):
    """The normal distribution function; below -1 a quotient (W. J. Cody, 1969) by the density."""
    above, below = np.maximum(x, -1.0), np.clip(x, -40.0, -1.0)
    high = np.floor(256.0 * below) / 256.0  # its square is exact
    density = np.exp(-0.5 * np.square(high)) * np.exp(-0.5 * (below - high) * (below + high))
    t = -0.7071067811865476 * below
    top, bottom = 2.15311535474403846e-8 * t, t
    for a, b in (
        (0.564188496988670089, 15.7449261107098347),
        (8.88314979438837594, 117.693950891312499),
        (66.1191906371416295, 537.181101862009858),
        (298.635138197400131, 1621.38957456669019),
        (881.952221241769090, 3290.79923573345963),
        (1712.04761263407058, 4362.61909014324716),
        (2051.07837782607147, 3439.36767414372164),
    ):
        top, bottom = (top + a) * t, (bottom + b) * t
    near = (top + 1230.33935479799725) / (bottom + 1230.33935480374942)
    left = 0.5 * np.where(x < -3.0, erfcx(t), near) * density
    return np.where(x < -1.0, left, 0.5 * erfc(-0.7071067811865476 * above))
''',
            imports=("from scipy.special import erfc", "from scipy.special import erfcx"),
        ),
        _helper(
            "logsumexp",
            '''
def logsumexp(x, axis, keepdims):
    """log(sum(exp(x))) along axes, without overflow."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)
''',
        ),
        _helper(
            "prod_others",
            '''
def prod_others(x):
    """For each element, the product of the others along the last axis, without division."""
    ones = np.ones_like(x[..., :1])
    before = np.cumprod(np.concatenate([ones, x[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([ones, x[..., :0:-1]], axis=-1), axis=-1)
    return before * after[..., ::-1]
''',
        ),
        _helper(
            "strong_matmul",
            '''
def strong_matmul(a, b, zero):
    """a @ b, in which a 0 of the first or the second operand beats an infinity."""
    if ((a, b)[zero] != 0.0).all():
        return a @ b
    total = 0.0
    for k in range(a.shape[-1]):
        x = a[..., k, None] if b.ndim > 1 else a[..., k]
        y = b[..., k, :] if b.ndim > 1 else b[k]
        y = y[..., None, :] if a.ndim > 1 and b.ndim > 1 else y
        total = total + np.where((x, y)[zero] == 0.0, 0.0, x * y)
    return total
''',
        ),
        _helper(
            "embed",
            '''
def embed(x, shape, key):
    """Zeros of a shape, but for x at the key."""
    whole = np.zeros(shape, dtype=np.asarray(x).dtype)
    whole[key] = x
    return whole
''',
        ),
        _helper(
            "scatter_add",
            '''
def scatter_add(x, indices, axis, size):
    """The slices of x added up at their indices along an axis of the given size."""
    whole = np.zeros(x.shape[:axis] + (size,) + x.shape[axis + np.ndim(indices):], dtype=x.dtype)
    np.add.at(whole, (slice(None),) * axis + (indices,), x)
    return whole
''',
        ),
        _helper(
            "add_along_axis",
            '''
def add_along_axis(x, indices, axis, size):
    """The elements of x added up at their indices along an axis of the given size."""
    whole = np.zeros((*x.shape[:axis], size, *x.shape[axis + 1:]), dtype=x.dtype)
    places = np.indices(indices.shape, sparse=True)
    np.add.at(whole, (*places[:axis], indices, *places[axis + 1:]), x)
    return whole
''',
        ),
        _helper(
            "scatter_nd",
            '''
def scatter_nd(x, indices, shape):
    """The elements of x added up in zeros of a shape at their indices."""
    whole = np.zeros(shape, dtype=x.dtype)
    np.add.at(whole, indices, x)
    return whole
''',
        ),
    )
}
HELPERS |= helpers_of(array_forms)
