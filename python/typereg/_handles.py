"""The two owning handles: native classes with a real ``__del__``.

Python calls ``__del__`` on instances of Python classes only, so the public classes are subclasses
of the native ones, and the native module is told of them here: from then on every handle it makes
is one of these.
"""

from typing import TYPE_CHECKING, final

from . import _typereg


@final
class RegisteredType(_typereg.RegisteredType):
    """Keeps one type registered in its engine while it lives.

    ``RegisteredType(engine, ty)`` registers a `SubType`, or a composite type, which stands for a
    final `SubType` without supertype. Only canonical types are taken: a `ModuleTypeIndex` or
    `RecIndex` in it is a `NotCanonicalError`, a `SharedTypeIndex` of another engine a
    `ForeignEngineError`, a stale one a `StaleIndexError`. Takes the registry's read lock, and
    its write lock where the type is new.

    Handles of one engine are equal exactly when their types are the same; ``copy.copy`` gives
    another owner. `close`, leaving a ``with`` block and the garbage collector end in the same
    single release. Clauses S5 to S8, K3, P1 and P2 of the contract.
    """

    __slots__ = ()
    __module__ = "typereg"

    if TYPE_CHECKING:

        def __del__(self) -> None: ...
    else:
        # The native method itself: no Python frame for a handle that is dropped.
        __del__ = _typereg.RegisteredType.close


@final
class TypeCollection(_typereg.TypeCollection):
    """Keeps all types of one module registered in an engine while it lives.

    Made by `Engine.register` or ``TypeCollection.new_for_module``. Indexed by the module's own type
    indices, it gives a fresh `RegisteredType` each time, which outlives it. Closing takes back one
    registration for each recursion group that the module declares, under one hold of the lock.
    Clauses S9 to S11, K2 and K7 of the contract.
    """

    __slots__ = ()
    __module__ = "typereg"

    if TYPE_CHECKING:

        def __del__(self) -> None: ...
    else:
        __del__ = _typereg.TypeCollection.close


_typereg.adopt(RegisteredType, TypeCollection)
