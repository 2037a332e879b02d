"""What argparse says, in Vietnamese: its sentences go through `_`, and no catalogue of them comes with Python."""

import argparse
from typing import Final

WORDS: Final = {
    "usage: ": "cách dùng: ",
    "positional arguments": "tham số",
    "options": "tùy chọn",
    "show this help message and exit": "xem hướng dẫn này rồi thoát",
    "%(prog)s: error: %(message)s\n": "%(prog)s: %(message)s. Thêm --help để xem hướng dẫn.\n",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s: %(message)s",
    "the following arguments are required: %s": "còn thiếu %s",
    "one of the arguments %s is required": "cần một trong: %s",
    "not allowed with argument %s": "không dùng cùng với %s",
    "unrecognized arguments: %s": "không hiểu «%s»",
    "invalid choice: %(value)r (choose from %(choices)s)": "không có %(value)r; hãy chọn trong: %(choices)s",
    "invalid %(type)s value: %(value)r": "%(value)r không đúng dạng",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s chưa rõ; có thể là %(matches)s",
    "ignored explicit argument %r": "không nhận giá trị %r",
    "expected one argument": "cần một giá trị",
    "expected at most one argument": "chỉ nhận một giá trị",
    "expected at least one argument": "cần ít nhất một giá trị",
}


def speak() -> None:
    """From now on argparse speaks Vietnamese."""
    vars(argparse)["_"] = lambda said: WORDS.get(said, said)
