"""What a process remembers is kept by the class that describes it."""

from dataclasses import dataclass, field

from pointsman.services.ports.process_cache import ProcessCache


@dataclass
class Greetings:
    by_name: dict[str, str] = field(default_factory=dict)


@dataclass
class Count:
    value: int = 0


def test_the_same_class_finds_what_it_left() -> None:
    cache = ProcessCache()
    cache.of(Greetings).by_name["anna"] = "hello"

    assert cache.of(Greetings).by_name == {"anna": "hello"}


def test_two_classes_do_not_see_each_other() -> None:
    cache = ProcessCache()
    cache.of(Count).value = 3

    assert cache.of(Greetings) == Greetings()


def test_nothing_is_left_after_forgetting() -> None:
    cache = ProcessCache()
    cache.of(Count).value = 3
    cache.clear()

    assert cache.of(Count).value == 0
