"""Which dates are real."""

import pytest

from premis.datetimes import check_datetime


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T02:00:00Z",
        "2026-11-22T02:00:00.123456+03:00",
        "2026-11-22T02:00:00",
        "2026-11-22T02:00:00-0330",
        "2026-11-22T02:00:00+14",
        "2016-12-31T23:59:60Z",
        "2020",
        "0000",
        "0000-02-29",
        "2020-02-29",
        "2020-08",
        "2020-22",
        "2020?",
        "2020-08~",
        "2020-08-10%",
        "202X",
        "20XX",
        "2020-XX",
        "2020-08-XX",
        "2020-XX-XX",
        "2020-08-10/2020-08-12",
        "2020/..",
        "../2020",
        "2020-08-10T23:15:00Z/",
    ],
)
def test_a_real_date_is_returned_as_it_was_given(text: str) -> None:
    assert check_datetime(text) is text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2021-02-29",
        "1900-02-29",
        "2020-13",
        "2020-00",
        "2020-25",
        "2020-08-00",
        "2020-08-32",
        "2020-08-10T24:00:00Z",
        "2020-08-10T23:60:00Z",
        "2020-08-10T23:00:60Z",
        "2020-08-10T23:15Z",
        "2020-08-10 23:15:00",
        "2020-08-10T23:15:00+15:00",
        "2020-08-10T23:15:00+14:30",
        "2020-08-10T23:15:00z",
        "2020-02-30T00:00:00Z",
        "20200810",
        "2X20",
        "2020-XX-10",
        "/",
        "../..",
        "2020/2021/2022",
        "2020 ",
        "2020\n",
        "٢٠٢٠",
        "2020-08-10?/31",
    ],
)
def test_a_date_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a moment"):
        check_datetime(text)
