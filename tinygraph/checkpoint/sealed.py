"""A sealed file: named float arrays and a JSON header, written completely or not at all.

The file is an ordinary ``.npz`` (``numpy.load`` opens it) whose zip comment ends in the SHA-256 of
all bytes before it.  It is written to a temporary file in the same folder and then renamed, so
that whenever the power fails there is either the old file or the new one.

A file may be incomplete, damaged or malicious.  Nothing in it is executed (no pickle), unpacked to
disk or inflated (members are stored, not compressed), and no array is allocated before its bytes
have been found.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import math
import os
import secrets
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tinygraph.errors import CheckpointError, FileError, TinygraphError
from tinygraph.validation.arrays import FLOATS, Array, brief
from tinygraph.validation.paths import as_path, writing

HEADER = "header"
MARK = b"tinygraph sealed file, sha256 "
DIGEST_LENGTH = 64


def write(path: Any, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write ``header`` and ``arrays`` to ``path``, atomically.

    Raises
    ------
    FileError
        If the file cannot be written, or is not a file, such as a pipe.  An older file stays.
    """
    target = as_path(path)
    text = json.dumps(header, allow_nan=False).encode()
    buffer = io.BytesIO()
    members: dict[str, Any] = {HEADER: np.frombuffer(text, np.uint8), **arrays}
    np.savez(buffer, **members)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = MARK + b"0" * DIGEST_LENGTH
    body = buffer.getvalue()[:-DIGEST_LENGTH]
    with writing(target):
        _replace(target, body + _digest(body))


def _replace(target: Path, content: bytes) -> None:
    target = Path(os.path.realpath(target))
    mode = _mode(target)
    partial = target.with_name(f".{target.name}.{secrets.token_hex(8)}.partial")
    try:
        with partial.open("xb") as file:
            if mode is not None:
                partial.chmod(mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    # The rename is on the disk only after its folder is flushed; Windows cannot flush a folder.
    with contextlib.suppress(OSError):
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _mode(target: Path) -> int | None:
    """Return the permissions of the file that is replaced, if there is one."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "It is a device or a pipe, no ordinary file")
    return stat.S_IMODE(mode)


def read(path: Any) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the header and the arrays of a sealed file.

    Raises
    ------
    FileError
        If there is no file, or it cannot be read.
    CheckpointError
        If the file is not sealed, incomplete, damaged, or not written by :func:`write`.
    """
    source = as_path(path)
    try:
        content = _content(source)
    except OSError as error:
        raise FileError(f"{source} could not be read: {error.strerror or error}.") from error
    try:
        return _parse(content)
    except TinygraphError as error:
        raise CheckpointError(f"{source} {error}") from None
    except Exception as error:  # a hostile file can make zipfile, NumPy and json say anything
        raise CheckpointError(
            f"{source} ends like a checkpoint, but its content is not one "
            f"({type(error).__name__}: {error})."
        ) from error


def _content(path: Path) -> bytes:
    """Return all bytes of a file; read it completely only if its end has the mark."""
    length = len(MARK) + DIGEST_LENGTH
    if not stat.S_ISREG(path.stat().st_mode):
        raise CheckpointError(f"{path} is not an ordinary file, so it cannot be a checkpoint.")
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - length))
        if not file.read().startswith(MARK):
            raise CheckpointError(
                f"{path} is not a tinygraph checkpoint, or it is incomplete: a checkpoint ends "
                f"in a checksum. Use an older checkpoint, or start again."
            )
        file.seek(0)
        content = file.read()
    if content[-DIGEST_LENGTH:] != _digest(content[:-DIGEST_LENGTH]):
        raise CheckpointError(
            f"{path} is damaged: its checksum does not match its content. Use an older "
            f"checkpoint, or start again."
        )
    return content


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()


def _parse(content: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    arrays: dict[str, Array] = {}
    header: dict[str, Any] | None = None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise CheckpointError("contains compressed data; a checkpoint does not.")
        if sum(member.file_size for member in members) > len(content):
            raise CheckpointError("promises more data than it has.")
        if len({member.filename for member in members}) < len(members):
            raise CheckpointError("holds two entries of one name.")
        for member in members:
            name = member.filename.removesuffix(".npy")
            array = _as_array(name, archive.read(member))
            if name == HEADER:
                header = json.loads(array.tobytes())
            elif array.dtype in FLOATS:
                arrays[name] = array
            else:
                raise CheckpointError(f"holds {array.dtype} in {brief(name)}; arrays are floats.")
    if not isinstance(header, dict):
        raise CheckpointError("has no header, so its contents are unknown.")
    return header, arrays


def _as_array(name: str, data: bytes) -> Any:
    """Return the array in the bytes of an ``.npy``; allocate no more than these bytes."""
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise CheckpointError(f"holds {brief(name)} in a version of .npy that is not used here.")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
    rest = data[stream.tell() :]
    if dtype.hasobject or dtype not in (*FLOATS, np.dtype(np.uint8)):
        raise CheckpointError(f"holds {brief(name)} of dtype {dtype}; arrays are floats.")
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(rest):
        raise CheckpointError(
            f"says that {brief(name)} has the shape {shape}, which does not match its "
            f"{len(rest)} bytes."
        )
    array = np.frombuffer(rest, dtype).reshape(shape, order="F" if fortran_order else "C")
    return array.copy(order="C")
