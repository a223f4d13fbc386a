"""Writing the package of a new connector: `python -m pointsman_sdk.scaffold NAME`."""

from pointsman_sdk.scaffold.package import WrongName, files_of, write_package

__all__ = ["WrongName", "files_of", "write_package"]
