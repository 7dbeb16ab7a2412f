# Prints the requirements that pyproject.toml names: those of the build, those of the project and
# the extras given as arguments. Called by the Makefile, which builds without isolation.
# SPDX-License-Identifier: BSL-1.0
import pathlib
import sys

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    from pip._vendor import tomli as tomllib

text = (pathlib.Path(__file__).parents[1] / "pyproject.toml").read_text()
table = tomllib.loads(text)
wanted = table["build-system"]["requires"] + table["project"]["dependencies"]
for extra in sys.argv[1:]:
    wanted += table["project"]["optional-dependencies"][extra]
print("\n".join(sorted(set(wanted))))
