"""How much Hypothesis tries: `ci` by default, `deep` with `--hypothesis-profile=deep` (`make test-deep`).

`@examples(300)` names what is tried when there is time; `ci` tries a sixth of it, `deep` twice as much. No example is
judged by how long it takes: a machine may be busy with something else.
"""

from hypothesis import HealthCheck, settings

#: Whether examples are slow or large says something about the machine and the strategy, not about the code.
PATIENT = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
FEW = 15  # what `ci` does not go below: such a test was given few examples because each of them is a long story
UNNAMED = 100  # Hypothesis's own number, for tests that name none


def register_profiles() -> None:
    """Make both known and take `ci`; pytest's option loads the other one afterwards."""
    for name in ("ci", "deep"):
        number = _scaled(UNNAMED, name)
        settings.register_profile(
            name, settings.default, max_examples=number, deadline=None, suppress_health_check=PATIENT, derandomize=False
        )
    settings.load_profile("ci")


def examples(number: int, *, fixture_serves_all: bool = False) -> settings:
    """As many examples as the profile makes of `number`. One fixture may serve all of them, if the test says so."""
    shared = (HealthCheck.function_scoped_fixture,) if fixture_serves_all else ()
    return settings(max_examples=scaled(number), suppress_health_check=(*PATIENT, *shared))


def scaled(number: int) -> int:
    return _scaled(number, settings.get_current_profile_name())


def _scaled(number: int, profile: str) -> int:
    return number * 2 if profile == "deep" else max(number // 6, min(number, FEW))
