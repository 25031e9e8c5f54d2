"""Compile the text of a module to machine code, and cache it for later runs.

The name of the file is a hash of its contents. It is in the user's cache folder, and numba stores
the machine code next to it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numba

from tinygraph.compile.targets.numba import clipping, vector_math

_compiled: OrderedDict[str, Callable[..., None]] = OrderedDict()
_MOST_COMPILED = 64
"""The number of compiled programs that stay in memory; others are loaded from the cache folder."""
_compiling = threading.Lock()


def compile_source(source: str) -> Callable[..., None]:
    """Return ``run`` of ``source`` as machine code, from the cache if it is there."""
    with _compiling:
        if source not in _compiled:
            module = module_of(source)
            # These keep NaN and infinity correct, and allow sums in any order.
            compiler = numba.njit(
                cache=hasattr(module, "__cached__"),
                error_model="numpy",
                fastmath={"contract", "reassoc"},
                nogil=True,
            )
            _compiled[source] = compiler(module.run)
            if len(_compiled) > _MOST_COMPILED:
                _, oldest = _compiled.popitem(last=False)
                sys.modules.pop(oldest.__module__, None)
        return _compiled[source]


def forget() -> None:
    """Drop all compiled programs from memory; those in the cache folder stay."""
    with _compiling:
        _compiled.clear()


def module_of(source: str) -> Any:
    """Import ``source`` from a file in the cache folder or, without a folder, from memory."""
    helpers = b"".join(
        Path(str(module.__file__)).read_bytes() for module in (clipping, vector_math)
    )
    digest = hashlib.sha256(source.encode() + helpers).hexdigest()[:24]
    path = cache_folder() / f"step_{digest}.py"
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
                file.write(source)
            os.replace(file.name, path)  # two processes may write it at once: either is whole
    except OSError:
        module = type(sys)(f"tinygraph_step_{digest}")
        exec(compile(source, f"<tinygraph step {digest}>", "exec"), module.__dict__)
        return module
    spec = importlib.util.spec_from_file_location(f"tinygraph_step_{digest}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no module can be made of {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def cache_folder() -> Path:
    """Return the folder of compiled steps: ``TINYGRAPH_CACHE``, or the user's cache folder."""
    if "TINYGRAPH_CACHE" in os.environ:
        return Path(os.environ["TINYGRAPH_CACHE"])
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "tinygraph"
