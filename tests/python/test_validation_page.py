"""The page on validation: its table of JSON that the standard leaves open is what happens."""

import re

import pytest
from places import ROOT

import tooltrain_fast as tt

PAGE = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## JSON that the standard leaves open\n")[1].split("\n## ")[0]
ROW = re.compile(r"^\| (i_\S+) \| .* \| (?:taken|`(\w+)`) \|$", re.MULTILINE)
VERDICTS = {name: code or None for name, code in ROW.findall(SECTION)}
GOOD = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'


DIGITS = "123" * 10
TEXTS = {
    "i_number_double_huge_neg_exp": b"[123.456e-789]",
    "i_number_huge_exp": b"[0.4e" + b"6" * 131 + b"]",
    "i_number_neg_int_huge_exp": b"[-1e+9999]",
    "i_number_pos_double_huge_exp": b"[1.5e+9999]",
    "i_number_real_neg_overflow": b"[-123123e100000]",
    "i_number_real_pos_overflow": b"[123123e100000]",
    "i_number_real_underflow": b"[123e-10000000]",
    "i_number_too_big_neg_int": f"[-{DIGITS}]".encode(),
    "i_number_too_big_pos_int": b"[100000000000000000000]",
    "i_number_very_big_negative_int": b"[-" + b"7" * 48 + b"]",
    "i_object_key_lone_2nd_surrogate": rb'{"\uDFAA": 0}',
    "i_string_1st_surrogate_but_2nd_missing": rb'["\uDADA"]',
    "i_string_1st_valid_surrogate_2nd_invalid": rb'["\uD888\u1234"]',
    "i_string_incomplete_surrogate_and_escape_valid": rb'["\uD800\n"]',
    "i_string_incomplete_surrogate_pair": rb'["\uDd1ea"]',
    "i_string_incomplete_surrogates_escape_valid": rb'["\uD800\uD800\n"]',
    "i_string_invalid_lonely_surrogate": rb'["\ud800"]',
    "i_string_invalid_surrogate": rb'["\ud800abc"]',
    "i_string_inverted_surrogates_U+1D11E": rb'["\uDd1e\uD834"]',
    "i_string_lone_second_surrogate": rb'["\uDFAA"]',
    "i_string_UTF-16LE_with_BOM": b"\xff\xfe" + '["é"]'.encode("utf-16-le"),
    "i_string_utf16BE_no_BOM": '["é"]'.encode("utf-16-be"),
    "i_string_utf16LE_no_BOM": '["é"]'.encode("utf-16-le"),
    "i_string_iso_latin_1": '["é"]'.encode("latin-1"),
    "i_string_UTF-8_invalid_sequence": '["日ш'.encode() + b'\xfa"]',
    "i_string_UTF8_surrogate_U+D800": b'["\xed\xa0\x80"]',
    "i_string_invalid_utf-8": b'["\xff"]',
    "i_string_lone_utf8_continuation_byte": b'["\x81"]',
    "i_string_not_in_unicode_range": b'["\xf4\xbf\xbf\xbf"]',
    "i_string_overlong_sequence_2_bytes": b'["\xc0\xaf"]',
    "i_string_overlong_sequence_6_bytes": b'["\xfc\x83\xbf\xbf\xbf\xbf"]',
    "i_string_overlong_sequence_6_bytes_null": b'["\xfc\x80\x80\x80\x80\x80"]',
    "i_string_truncated-utf-8": b'["\xe0\xff"]',
    "i_structure_500_nested_arrays": b"[" * 500 + b"]" * 500,
    "i_structure_UTF-8_BOM_empty_object": b"\xef\xbb\xbf{}",
}
"""Texts of the kinds that the suite's files have, by the names of the files."""


def codes_beside_a_good_line(text, folder, **options):
    path = folder / "lines.jsonl"
    path.write_bytes(GOOD + text.translate(None, b"\r\n") + b"\n")
    frame = tt.validate(path, progress=False, **options).frame
    assert set(frame["line"]) == {2}
    return set(frame["code"])


def test_every_row_of_the_page_has_a_text():
    assert VERDICTS.keys() == TEXTS.keys()
    assert len(VERDICTS) == 35


@pytest.mark.parametrize("name", VERDICTS)
def test_what_happens_is_what_it_says(name, tmp_path):
    found = codes_beside_a_good_line(TEXTS[name], tmp_path)
    # JSON that is taken is then no record, for these are lists.
    assert found == {VERDICTS[name] or "not_an_object"}


def test_the_suite_is_met(shared, tmp_path):
    files = {path.stem: path for path in (shared / "suites/JSONTestSuite/test_parsing").glob("i_*.json")}
    assert files.keys() == VERDICTS.keys()
    for name, path in files.items():
        found = codes_beside_a_good_line(path.read_bytes(), tmp_path)
        assert found == {VERDICTS[name] or "not_an_object"}, name


def test_depth_follows_its_option(tmp_path):
    text = TEXTS["i_structure_500_nested_arrays"]
    assert codes_beside_a_good_line(text, tmp_path, max_depth=500) == {"not_an_object"}


def test_a_byte_order_mark_is_taken_off_at_the_beginning(tmp_path):
    path = tmp_path / "marked.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD)
    assert tt.validate(path, progress=False).ok
