"""Pack a built site as one zip file: python .ci/pack.py FOLDER ZIP."""

import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

folder, target = map(Path, sys.argv[1:])
with ZipFile(target, "w", ZIP_DEFLATED) as archive:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in ("objects.inv", ".buildinfo"):
            archive.write(path, Path(target.stem) / path.relative_to(folder))
print(f"{target}: unpack it and open {target.stem}/index.html")
