"""What the check of a policy finds is said in the language of the terminal."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pointsman.cli.commands import app

POLICY = """
pools: {sdr: {work: qualification, members: [lena]}}
rules: [{name: all, work: qualification, pool: sdrs}]
"""


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "es gibt keinen Pool „sdrs“; meinten Sie „sdr“? (unknown-pool)"),
        ("en", "there is no pool 'sdrs'; did you mean 'sdr'? (unknown-pool)"),
    ],
)
def test_a_finding_is_said_in_the_language_of_the_terminal(tmp_path: Path, language: str, said: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    env = {"POINTSMAN_LANGUAGE": language}
    done = CliRunner().invoke(app, ["policy", "check", "--offline", str(file)], env=env)
    assert done.exit_code == 1
    assert f"rules[0].pool: {said}" in " ".join(done.stdout.split())
