"""The types that stubs.py gives what has no annotation, and where their names come from."""

# SPDX-License-Identifier: BSL-1.0
#: The type of an argument by its name.
ARGUMENTS = {
    "ArrayLike": "a a1 a2 a_max a_min ar arr array ary b condition element fill_value initial m "
    "max min obj object p q scale start step stop test_elements v val values vals weights where x "
    "x1 x2 y z",
    "DTypeLike | None": "dtype",
    "_Axis | None": "axis axes",
    "_Shape | None": "size",
    "_Shape": "shape newshape reps repetitions",
    "Sequence[ArrayLike] | ArrayLike": "arrays tup",
    "_Out | None": "out",
    "bool": "keepdims",
    "bool | None": "copy",
    "Literal['C', 'F', 'A', 'K'] | None": "order",
    "_Distribution | None": "distribution",
    "Sequence[int] | None": "grid",
    "Group | None": "group",
    "ndarray | None": "like",
    "str | None": "device kind method engine",
    "Callable[..., Any]": "fn func function",
    "float": "ddof correction rtol atol",
}
TYPES = {name: type_ for type_, names in ARGUMENTS.items() for name in names.split()}
#: Names for what would be long.
ALIASES = {
    "_Axis": "SupportsIndex | Sequence[SupportsIndex]",
    "_Shape": "SupportsIndex | Sequence[SupportsIndex] | ndarray",
    "_Out": "ndarray | np.ndarray[Any, Any] | tuple[ndarray | np.ndarray[Any, Any], ...]",
    "_Distribution": "str | Distribution | Sequence[str | None]",
}
#: What an argument takes whose default is of this type.
OF_DEFAULTS = {bool: "bool", int: "float", float: "ArrayLike", complex: "ArrayLike", str: "str"}
#: What Python's own methods give.
SPECIAL = {
    **dict.fromkeys(("__bool__", "__contains__", "__eq__", "__ge__", "__gt__"), "bool"),
    **dict.fromkeys(("__le__", "__lt__", "__ne__"), "bool"),
    **dict.fromkeys(("__format__", "__repr__", "__str__"), "str"),
    **dict.fromkeys(("__hash__", "__index__", "__int__", "__len__", "__trunc__"), "int"),
    **dict.fromkeys(("__exit__", "__init__", "__setitem__"), "None"),
    **dict.fromkeys(("__enter__", "__iter__"), "Self"),
    "__complex__": "complex",
    "__float__": "float",
}
#: Python's own methods that a stub shows, besides those of operators.
SHOWN = {
    *SPECIAL,
    *("__array__", "__array_namespace__", "__await__", "__call__", "__dlpack__"),
    *("__dlpack_device__", "__getitem__", "__imatmul__", "__matmul__", "__next__"),
    *("__reversed__", "__rmatmul__", "__round__"),
}
UNARY = ("__abs__", "__invert__", "__neg__", "__pos__")
COMPARING = ("__eq__", "__ge__", "__gt__", "__le__", "__lt__", "__ne__")
_OPERATORS = ("add", "and", "divmod", "floordiv", "lshift", "mod", "mul", "or", "pow", "rshift")
BINARY = tuple(
    f"__{side}{name}__"
    for name in (*_OPERATORS, "sub", "truediv", "xor")
    for side in ("", "r", "i")
)
#: Where the names of annotations come from.
KNOWN = {
    **dict.fromkeys(
        ("Any", "Literal", "NamedTuple", "SupportsIndex", "TypeVar", "Self", "overload"), "typing"
    ),
    **dict.fromkeys(
        ("Callable", "Generator", "Hashable", "Iterable", "Iterator"), "collections.abc"
    ),
    **dict.fromkeys(("Buffer", "Mapping", "Sequence"), "collections.abc"),
    "AbstractContextManager": "contextlib",
    "ArrayLike": "numpy.typing",
    "DTypeLike": "numpy.typing",
    "NDArray": "numpy.typing",
    "TracebackType": "types",
    "Fraction": "fractions",
}
#: What generic types are of where an annotation does not say.
BARE = {
    "Callable": "Callable[..., Any]",
    "PathLike": "os.PathLike[str]",
    "dict": "dict[str, Any]",
    "list": "list[Any]",
    "tuple": "tuple[Any, ...]",
}
MODULES = {
    "builtins": "builtins",
    "concurrent": "concurrent.futures",
    "enum": "enum",
    "os": "os",
    "types": "types",
}
