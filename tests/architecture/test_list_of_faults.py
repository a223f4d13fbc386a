"""What people blame other schedulers and lead routers for, and the tests that keep each of it from happening here.

The numbers are those in the names of tests (`test_fault_7_...`). Only what concerns booking, availability, calendars and
reassigning is here. A test that is renamed or removed has to be replaced here too.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
AVAILABILITY = "unit/booking/test_complaints_of_availability.py"
BOOKING = "integration/booking/test_book.py"
DECIDE = "unit/routing/test_decide.py"
FAIRNESS = "unit/distribution/test_ledger_attendance.py"
LIFE = "integration/appointments/test_transitions.py"
MORE = "integration/booking/test_faults_of_others.py"
MOVING = "promises/role_protection/test_bulk_reassignment.py"
ORACLE = "unit/dates/test_local_time_oracle.py"
PARTIES = "integration/availability/test_participants.py"
RACES = "promises/no_double_booking/test_booking_races.py"
RESCHEDULING = "integration/booking/test_reschedule.py"
SEQUENCES = "promises/role_protection/test_sequences.py"
SERVERS = "integration/calendar_sync/test_real_servers.py"
SLOTS = "integration/booking/test_slots.py"
TAKEOVER = "integration/reassignment/test_appointment_handoff.py"
TRUTH = "integration/calendar_sync/test_poll.py"

#: Number, what goes wrong elsewhere, and by which tests it is held off here.
FAULTS: Mapping[tuple[int, str], Sequence[tuple[str, str]]] = {
    (1, "one person gets several appointments at a time, another one none"): [
        (SLOTS, "test_fault_1_no_one_is_booked_twice_while_another_is_ignored"),
        (PARTIES, "test_balanced_shares_appointments_out_evenly_whichever_rep_held_the_leads"),
    ],
    (2, "requests at the same moment are all granted"): [
        (BOOKING, "test_sixty_at_once_for_one_slot_from_two_processes_make_one_appointment"),
        (RACES, "test_of_many_who_want_one_time_as_many_get_it_as_there_is_somebody_for"),
        (RACES, "test_with_the_applications_own_check_switched_off_the_database_keeps_everybody_apart"),
    ],
    (3, "confirming a request books its time twice"): [
        (LIFE, "test_fault_3_a_request_owns_its_time_so_that_confirming_it_cannot_book_twice"),
        (RACES, "test_a_request_owns_its_time_before_and_after_it_is_confirmed"),
    ],
    (4, "a remembered calendar gives one time to two guests a second apart"): [
        (SERVERS, "test_two_guests_a_second_apart_do_not_both_get_the_time_that_a_fresh_reading_shows_free"),
        (BOOKING, "test_what_the_calendar_says_now_counts_not_what_it_said_when_slots_were_shown"),
    ],
    (5, "what stands in the calendar is not looked at"): [
        (SERVERS, "test_an_overlap_with_the_calendar_is_checked_for_every_kind_of_event"),
    ],
    (6, "a calendar that cannot be reached shuts its owner out, and nobody hears of it"): [
        (BOOKING, "test_an_unreadable_calendar_cannot_be_booked_alerts_and_recovers_by_itself"),
        (SERVERS, "test_a_server_killed_for_a_minute_makes_unbookable_alerts_and_recovers_by_itself"),
        (TRUTH, "test_a_calendar_that_its_rep_uses_no_more_is_told_of_too_until_nothing_lies_ahead_there"),
    ],
    (7, "keeping a slot for one buyer locks that time for every host"): [
        (SLOTS, "test_fault_7_one_slot_hold_locks_the_time_of_one_rep_and_of_nobody_else"),
        ("integration/booking/test_slot_holds.py",
         "test_a_hold_takes_the_time_of_one_rep_and_the_others_can_be_booked_then"),
    ],
    (8, "what is offered and what can be booked disagree"): [
        (SLOTS, "test_fault_8_what_is_free_for_anybody_is_no_conflict_for_who_books_it"),
        (SLOTS, "test_every_slot_that_is_shown_can_be_booked_and_no_other_on_the_grid"),
        ("unit/booking/test_slot_union.py", "test_booking_accepts_what_the_union_offers_and_nothing_else_on_the_grid"),
    ],
    (9, "where several come together, one always has to, or nobody is free and it is booked all the same"): [
        (SLOTS, "test_fault_9_a_group_spreads_and_is_never_bookable_without_its_fixed_part"),
        (PARTIES, "test_all_participants_are_booked_or_none"),
        (PARTIES, "test_companions_are_shared_out_evenly_too"),
    ],
    (12, "meetings that nobody came to count, and no count can be put right"): [
        (LIFE, "test_fault_12_a_no_show_does_not_count"),
        (LIFE, "test_fault_12_booked_again_after_a_no_show_the_turn_counts_again"),
        ("integration/api/routing/test_surface.py", "test_a_balance_is_corrected_with_a_reason_and_the_sum_stays_zero"),
    ],
    (13, "who is over a limit is hidden, and nobody can tell why slots are missing"): [
        (SLOTS, "test_fault_13_who_is_full_is_hidden_and_it_is_said_why"),
    ],
    (14, "a new time brings a new host, and the event stays with the old one or with both"): [
        (RESCHEDULING, "test_a_rep_who_is_free_at_the_new_time_keeps_the_appointment_and_its_turn"),
        (SERVERS, "test_an_appointment_that_goes_to_another_closer_and_back_stands_in_one_calendar_each_time"),
        (MORE, "test_fault_14_a_buyer_has_one_entry_that_names_the_rep_they_meet_now"),
    ],
    (15, "what is given to a colleague and back is lost, or its old time stays locked"): [
        (TAKEOVER, "test_there_and_back_again_leaves_one_event_with_who_has_it"),
        (TAKEOVER, "test_there_and_back_again_through_any_fault_leaves_one_event"),
        (MORE, "test_fault_15_the_time_that_a_reassigned_appointment_leaves_behind_can_be_booked_again"),
    ],
    (16, "nobody can hand over to a colleague of their choice, or see who is free"): [
        (TAKEOVER, "test_a_colleague_may_be_named_and_takes_no_turn_while_the_old_one_is_given_back"),
        (TAKEOVER, "test_a_named_colleague_who_is_not_free_is_refused_with_what_is_in_the_way"),
        (TAKEOVER, "test_past_holders_are_not_asked_and_each_dropped_rep_is_named_with_the_reason"),
    ],
    (17, "people are booked while away, or being away today blocks every later day"): [
        (AVAILABILITY, "test_nobody_is_booked_while_out_of_office"),
        (AVAILABILITY, "test_out_of_office_today_blocks_no_future_day"),
        (RESCHEDULING, "test_nobody_is_given_an_appointment_while_away"),
    ],
    (18, "who has left the company is still put on meetings"): [
        (SLOTS, "test_fault_18_who_has_left_is_put_on_no_meeting"),
        (TAKEOVER, "test_a_rep_who_has_left_gives_up_everything_and_gets_nothing_more"),
    ],
    (19, "a change of the clocks moves slots, or frees an hour that is taken"): [
        (AVAILABILITY, "test_slots_do_not_move_by_an_hour_when_the_clocks_change"),
        (ORACLE, "test_no_slot_lies_in_a_gap_and_none_is_offered_twice_in_a_fold"),
        (SERVERS, "test_a_weekly_event_in_wall_clock_time_blocks_the_right_hour_on_both_sides_of_a_clock_change"),
        (SERVERS, "test_a_move_on_the_phone_in_wall_clock_time_is_right_on_both_sides_of_a_clock_change"),
    ],
    (25, "who waits is not served when somebody is back, and a customer goes to an owner who is not there"): [
        ("integration/holds/test_drain.py", "test_a_rep_who_is_back_takes_what_waited"),
        (SEQUENCES, "test_a_calendar_that_can_be_read_again_starts_a_drain_of_the_holds"),
        (DECIDE, "test_an_owner_who_is_not_eligible_does_not_get_it_and_the_trace_says_why"),
    ],
    (27, "who is next starves while their calendar is closed"): [
        (SLOTS, "test_fault_27_who_is_next_but_not_free_loses_no_place_in_the_queue"),
    ],
    (28, "leave has to be entered twice and days early, and coming back is put right by hand"): [
        (AVAILABILITY,
         "test_time_off_that_lies_ahead_takes_nothing_away_before_it_and_gives_everything_back_after_it"),
        (MOVING, "test_a_rep_who_is_away_until_then_gets_nothing_new_and_the_time_off_is_entered_once"),
        (FAIRNESS, "test_with_equal_weights_nobody_gets_a_third_turn_before_a_newcomer_or_a_returner_is_level"),
    ],
    (29, "what is called round robin is drawn by lot"): [
        ("promises/fair_and_explainable/test_fair_under_load.py", "test_two_hundred_leads_at_once_are_shared_evenly"),
    ],
    (30, "calls are booked at night, and the rep with the emptiest calendar gets the most"): [
        (AVAILABILITY, "test_nobody_gets_a_call_while_asleep_wherever_the_buyer_lives"),
        (SLOTS, "test_fault_30_an_empty_calendar_gets_no_more_than_its_share"),
    ],
    (31, "leads land nowhere, and nobody can say why somebody got one"): [
        (SLOTS, "test_an_empty_list_says_who_was_dropped_and_when_somebody_is_free_next"),
        ("integration/routing/test_route_lead.py",
         "test_a_lead_that_nobody_may_take_is_held_with_a_reason_and_a_clock"),
        (DECIDE, "test_the_highest_balance_gets_the_lead_and_the_summary_says_why"),
    ],
    (32, "a buyer waits days for whose turn it is while a colleague is free today"): [
        (SLOTS, "test_fault_32_nobody_waits_for_the_next_in_line_while_somebody_else_is_free"),
        (RESCHEDULING, "test_where_the_rep_is_not_free_the_pool_decides_also_for_strict_offers"),
    ],
    (33, "meetings are made for the sake of the count"): [
        (LIFE, "test_fault_33_a_meeting_that_was_made_to_be_counted_counts_for_nobody"),
    ],
}  # fmt: skip


def guards_in(path: Path) -> set[str]:
    """The tests of a module that pytest runs whatever happens: those that a mark may skip do not count."""
    functions = (
        node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return {node.name for node in functions if not any("skip" in ast.unparse(mark) for mark in node.decorator_list)}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault[0]}: {fault[1]}")
def test_what_others_are_blamed_for_is_held_off_by_a_test(fault: tuple[int, str]) -> None:
    guards = FAULTS[fault]
    assert guards
    assert [name for module, name in guards if name not in guards_in(TESTS / module)] == []


def test_every_test_that_names_a_fault_is_in_the_list() -> None:
    listed = {(number, name) for (number, _), guards in FAULTS.items() for _, name in guards}
    found = {
        (int(numbered[1]), name)
        for path in TESTS.rglob("test_*.py")
        for name in guards_in(path)
        if (numbered := re.match(r"test_fault_(\d+)_", name))
    }
    assert found - listed == set()
