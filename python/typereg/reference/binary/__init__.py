"""Types and bytes: the chapter "Binary Format", as far as types go.

`decode_types` and `encode_types` go from a module's bytes to its groups and back; `reader`,
`opcodes`, `decode` and `encode` have the grammars.
"""

from __future__ import annotations

from .decode import TypeDecoder
from .encode import TypeEncoder
from .encode import module as encode_types
from .reader import Reader

__all__ = ["Reader", "TypeDecoder", "TypeEncoder", "encode_types"]
