"""A pytest plugin that prints each connector's tier: `pytest -p pointsman_sdk.testing.grade`."""

from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field

import pytest

from pointsman_sdk.connector import Connector
from pointsman_sdk.manifest import Capability
from pointsman_sdk.testing.suite import ConnectorSuite
from pointsman_sdk.testing.tiers import Tier, proofs, tier_of


@dataclass(slots=True)
class _Run:
    """What one suite did: a check counts as passed when none of its cases did anything else."""

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
                run.capabilities = connector.manifest.capabilities
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


def pytest_configure(config: pytest.Config) -> None:
    """Called by pytest when it loads the plugin."""
    config.pluginmanager.register(Grader(), "pointsman-grader")
