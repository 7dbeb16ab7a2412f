"""Which module has which public name: it is imported when somebody asks for the name.

So `import hpxpy` loads what its first call needs, and no more. tests/python/test_import.py compares
this with the modules' own lists.
"""
# SPDX-License-Identifier: BSL-1.0

#: Modules that are public themselves.
SUBMODULES = (
    *("collectives", "counters", "distribution", "execution", "fft", "gpu", "launcher", "lib"),
    *("linalg", "random", "sycl"),
)

#: Public names by module; those of _core that no other module has are public, too.
NAMES = {
    "_algorithms": (
        "all_of any_of copy_if count count_if fill find find_if for_each generate none_of "
        "transform transform_reduce"
    ),
    "_bits": "bitwise_count packbits unpackbits",
    "_calculus": "convolve correlate diff ediff1d gradient interp trapezoid",
    "_choosing": "choose copyto piecewise select",
    "_collectives": (
        "all_gather all_reduce all_to_all barrier broadcast exclusive_scan gather inclusive_scan "
        "reduce scatter"
    ),
    "_counting": "bincount digitize histogram histogram2d histogram_bin_edges",
    "_creation": (
        "frombuffer fromfunction fromiter geomspace identity indices logspace meshgrid tri vander"
    ),
    "_diagonals": "diag diagflat diagonal fill_diagonal trace",
    "_distributed": (
        "DistributedArray DistributionInfo distributed_from_numpy distributed_full "
        "distributed_ones distributed_zeros"
    ),
    "_dtypes": (
        "__array_namespace_info__ can_cast finfo iinfo iscomplexobj isdtype isrealobj isscalar "
        "promote_types result_type"
    ),
    "_einsum": "einsum einsum_path",
    "_elementwise": (
        "allclose angle around array_equal array_equiv divmod fix frexp isclose ldexp logaddexp "
        "logaddexp2 modf nan_to_num sinc spacing unwrap"
    ),
    "_files": "load save",
    "_grids": "c_ index_exp mgrid ogrid r_ s_",
    "_groups": "Group from_mpi4py split_by_host world",
    "_histograms": "histogramdd",
    "_indexing": (
        "apply_along_axis argwhere compress diag_indices extract flatnonzero ix_ nonzero place "
        "put put_along_axis ravel_multi_index take take_along_axis tril_indices triu_indices "
        "unravel_index vectorize"
    ),
    "_iterators": "ndenumerate ndindex nditer",
    "_joining": (
        "append array_split block column_stack concat concatenate delete dsplit dstack hsplit "
        "hstack insert pad split stack unbind unstack vsplit vstack"
    ),
    "_linalg": "dot inner kron matmul outer tensordot vdot vecdot",
    "_manipulation": (
        "atleast_1d atleast_2d atleast_3d broadcast_arrays broadcast_shapes expand_dims flatten "
        "flip fliplr flipud matrix_transpose moveaxis ndim permute_dims ravel repeat resize roll "
        "rollaxis rot90 shape size squeeze swapaxes tile tril triu"
    ),
    "_localities": (
        "Locality find_all_localities find_here find_remote_localities is_root localities "
        "on_locality print0 progress run_on"
    ),
    "_mapping": "map_blocks map_overlap",
    "_messages": "recv send",
    "_nan": (
        "nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile "
        "nanprod nanquantile nanstd nansum nanvar"
    ),
    "_objects": "Plan all_gather_object broadcast_object explain gather_object",
    "_picking": (
        "apply_over_axes diag_indices_from mask_indices may_share_memory putmask real_if_close "
        "shares_memory sort_complex tril_indices_from trim_zeros triu_indices_from"
    ),
    "_placement": (
        "get_default_distribution set_default_distribution set_deterministic set_implicit_gather"
    ),
    "_polynomials": (
        "poly poly1d polyadd polyder polydiv polyfit polyint polymul polysub polyval roots"
    ),
    "_remote": "Future async_ make_ready_future when_all when_any",
    "_runtime": "finalize init is_running locality_id num_localities num_threads runtime",
    "_sets": (
        "in1d intersect1d isin setdiff1d setxor1d union1d unique unique_all unique_counts "
        "unique_inverse unique_values"
    ),
    "_signatures": (
        "arange array asanyarray asarray ascontiguousarray asfortranarray astype clip copy empty "
        "empty_like eye from_numpy full full_like linspace ones ones_like where zeros zeros_like"
    ),
    "_sorting": "argpartition argsort lexsort partition searchsorted sort",
    "_statistics": "average corrcoef cov median percentile ptp quantile",
    "_tensors": "cross matvec vecmat",
    "_together": "together",
    "_types": (
        "ScalarType array2string array_repr array_str asarray_chkfinite bool_ byte cdouble "
        "common_type complexfloating csingle double dtype errstate floating generic "
        "get_printoptions geterr inexact int_ intc integer intp isfortran issubdtype iterable "
        "long longlong min_scalar_type number printoptions set_printoptions seterr short "
        "signedinteger single ubyte uint uintc uintp ulong ulonglong unsignedinteger ushort"
    ),
    "_window_functions": "bartlett blackman hamming hanning i0 kaiser sliding_window_view",
    "_windows": "Window",
    "collectives": "ReduceOp",
    "distribution": "Distribution DistributionPolicy",
}
