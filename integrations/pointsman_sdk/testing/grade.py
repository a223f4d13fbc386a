"""A pytest plugin that prints each connector's tier: `pytest -p pointsman_sdk.testing.grade`.

With `--write-tier` the tier goes into the connector's package, where `pointsman connectors list` reads it.
"""

import sys
from collections import defaultdict
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pointsman_sdk import __version__
from pointsman_sdk.connector import Connector
from pointsman_sdk.graded import Graded, write_tier
from pointsman_sdk.manifest import Capability
from pointsman_sdk.testing.suite import ConnectorSuite
from pointsman_sdk.testing.tiers import Tier, proofs, tier_of


@dataclass(slots=True)
class _Run:
    """What one suite did: a check counts as passed when none of its cases did anything else."""

    package: Path | None = None
    capabilities: frozenset[Capability] = frozenset()
    passed: set[str] = field(default_factory=set)
    excused: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)

    def tier(self) -> Tier:
        return tier_of(
            proofs(ConnectorSuite),
            passed=self.passed - self.failed,
            excused=self.excused - self.failed,
            capabilities=self.capabilities,
        )


class Grader:
    """Listens to a test run and keeps one result per suite."""

    def __init__(self) -> None:
        self.runs: dict[str, _Run] = defaultdict(_Run)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        suite = getattr(item, "cls", None)
        if isinstance(item, pytest.Function) and isinstance(suite, type) and issubclass(suite, ConnectorSuite):
            run, name = self.runs[suite.__name__], item.originalname
            connector = item.funcargs.get("connector")
            if isinstance(connector, Connector):
                run.capabilities, run.package = connector.manifest.capabilities, _package_of(connector)
            if report.skipped and "excused" in str(report.longrepr) and not hasattr(report, "wasxfail"):
                run.excused.add(name)
            elif report.failed or (report.skipped and hasattr(report, "wasxfail")):
                run.failed.add(name)
            elif report.when == "call" and report.passed:
                run.passed.add(name)
        return report

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for suite, run in sorted(self.runs.items()):
            terminalreporter.write_line(f"{suite}: {run.tier().name.lower()}")
        if terminalreporter.config.getoption("write_tier"):
            for package, graded in self._graded():
                write_tier(package, graded)
                terminalreporter.write_line(f"{package.name}: {graded.tier} is written")

    def _graded(self) -> Iterator[tuple[Path, Graded]]:
        """Of each connector the lowest tier of all of its suites, since each is another vendor, or another way to sign in."""
        for package in {run.package for run in self.runs.values() if run.package}:
            runs = [run for run in self.runs.values() if run.package == package]
            can = sorted(frozenset.intersection(*(run.capabilities for run in runs)))
            tier = min(run.tier() for run in runs).name.lower()
            yield package, Graded(tier=tier, kit=__version__, capabilities=tuple(map(str, can)))


def _package_of(connector: Connector) -> Path | None:
    top = sys.modules.get(type(connector).__module__.partition(".")[0])
    return Path(top.__file__).parent if top is not None and top.__file__ else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Called by pytest when it loads the plugin."""
    parser.addoption("--write-tier", action="store_true", dest="write_tier", help="write the tier into the package")


def pytest_configure(config: pytest.Config) -> None:
    """Called by pytest when it loads the plugin."""
    config.pluginmanager.register(Grader(), "pointsman-grader")
