"""Why a source item cannot be mapped: stable codes for quarantine, reports and waivers (design section 4)."""

from __future__ import annotations

from enum import StrEnum


class FaultCode(StrEnum):
    """One code per reason. An item gets the first that applies, in the order written here.

    The values are stored in quarantine rows and printed in reports: never rename one, only add.
    """

    # The hash key. DynamoDB cannot hold an item without it; an export file or a broken reader can.
    MISSING_NAME = "missing_name"
    # DynamoDB lets a key be a number or binary if the table was declared so.
    NAME_NOT_TEXT = "name_not_text"
    # The range key; as for the name.
    MISSING_TIME = "missing_time"
    TIME_NOT_TEXT = "time_not_text"
    # Not in the index, so no read of the sample ever showed it.
    # Empty counts as missing: CQL has no empty partition key.
    MISSING_CHAT_ROOM = "missing_chat_room"
    # A table created without the index takes numbers, lists or binary here.
    CHAT_ROOM_NOT_TEXT = "chat_room_not_text"
    # An empty comment is mappable, an absent one is not: the sample's readers fail on it.
    MISSING_COMMENT = "missing_comment"
    # The sample's POST passes JSON on as it is, so real tables hold numbers, lists, maps, nulls.
    COMMENT_NOT_TEXT = "comment_not_text"
    # `test_time`, `NaN`, `1.`, `.5`, digits of other scripts.
    TIME_NOT_A_NUMBER = "time_not_a_number"
    # `-1.5` would lie before the epoch, `+1.5` is a second spelling of `1.5`.
    TIME_SIGNED = "time_signed"
    # `1.7e9`: the digits it stands for are not the ones it would be given back with.
    TIME_EXPONENT = "time_exponent"
    # A number with white space in or around it.
    TIME_BLANKS = "time_blanks"
    # `01.5` sorts elsewhere than the number it means.
    TIME_LEADING_ZERO = "time_leading_zero"
    # Seven decimals or more: microseconds cannot hold it, and rounding could hit another comment's key.
    TIME_FRACTION_TOO_LONG = "time_fraction_too_long"
    # Eleven digits or more before the dot: epoch milliseconds or microseconds, which would overflow.
    TIME_TOO_MANY_DIGITS = "time_too_many_digits"
    # More than an hour ahead: a row stamped in the future survives a later delete (protocol T3).
    TIME_IN_FUTURE = "time_in_future"
    # A lone surrogate: JSON can spell it, UTF-8 and so CQL cannot.
    TEXT_UNSTORABLE = "text_unstorable"
    # An attribute the mapping has no column for: dropping it silently would lose data.
    UNKNOWN_ATTRIBUTE = "unknown_attribute"
    # A second spelling of an instant this name already has in this room: the same CQL key (protocol C4).
    KEY_COLLISION = "key_collision"


class MappingFault(Exception):
    """A source item, or its time text, has no place in CQL. Nothing is lost: the item is quarantined whole.

    `attribute` is the DynamoDB attribute at fault; the message tells an operator what is wrong with it.
    """

    def __init__(self, code: FaultCode, attribute: str, message: str) -> None:
        # All three go to Exception, so that a fault survives pickling between worker processes.
        super().__init__(code, attribute, message)
        self.code = code
        self.attribute = attribute
        self.message = message

    def __str__(self) -> str:
        return f"{self.code} ({self.attribute}): {self.message}"
