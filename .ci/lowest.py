"""Print a pip constraint for each lower bound of setup.cfg that a user can meet.

The tools of the tests and the docs are left out: they may be of any version.
"""

import configparser
import re

setup = configparser.ConfigParser()
setup.read("setup.cfg")
required = setup["options"]["install_requires"] + setup["options.extras_require"]["fast"]
for name, version in re.findall(r"^([\w-]+)>=([\w.]+)", required, flags=re.MULTILINE):
    print(f"{name}=={version}")
