from __future__ import annotations

import pickle

from chat.codec.faults import FaultCode, MappingFault


def test_codes_are_stable_because_quarantine_rows_keep_them() -> None:
    assert [code.value for code in FaultCode] == [
        "missing_name",
        "name_not_text",
        "missing_time",
        "time_not_text",
        "missing_chat_room",
        "chat_room_not_text",
        "missing_comment",
        "comment_not_text",
        "time_not_a_number",
        "time_signed",
        "time_exponent",
        "time_blanks",
        "time_leading_zero",
        "time_fraction_too_long",
        "time_too_many_digits",
        "time_in_future",
        "text_unstorable",
        "unknown_attribute",
        "key_collision",
    ]


def test_a_fault_tells_the_operator_code_attribute_and_reason() -> None:
    fault = MappingFault(FaultCode.TIME_SIGNED, "time", "'-1' has a sign")
    assert str(fault) == "time_signed (time): '-1' has a sign"


def test_a_fault_survives_the_way_between_processes() -> None:
    fault = MappingFault(FaultCode.UNKNOWN_ATTRIBUTE, "likes", "no column for 'likes'")
    arrived = pickle.loads(pickle.dumps(fault))
    assert (arrived.code, arrived.attribute, arrived.message) == (fault.code, fault.attribute, fault.message)
