"""Text as it is spoken: numbers, sums of money, times, abbreviations and signs in English words."""

from __future__ import annotations

import re
import unicodedata

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth"}
_ORDINALS |= {"nine": "ninth", "twelve": "twelfth"}
_ABBREVIATIONS = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "prof": "professor", "st": "saint",
    "vs": "versus", "etc": "et cetera", "approx": "approximately", "jr": "junior", "sr": "senior",
    "no": "number", "e.g": "for example", "i.e": "that is",
}  # fmt: skip
_SIGNS = {"&": " and ", "%": " percent ", "+": " plus ", "=": " equals ", "@": " at ", "°": " degrees "}
_MONEY = {"$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent")}
#: Longer digit strings are read digit by digit.
_MOST_DIGITS = 15


def cardinal(number: int) -> str:
    """A whole number below 10^15 in words; `cardinal(42)` is "forty two"."""
    if number < 0:
        return f"minus {cardinal(-number)}"
    for size, name in _SCALES:
        if number >= size:
            head, rest = divmod(number, size)
            return f"{cardinal(head)} {name}" + (f" {cardinal(rest)}" if rest else "")
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens] + (f" {_ONES[ones]}" if ones else "")


def ordinal(number: int) -> str:
    """`ordinal(21)` is "twenty first"."""
    *head, last = cardinal(number).split()
    regular = (last[:-1] + "ie" if last.endswith("y") else last) + "th"
    return " ".join([*head, _ORDINALS.get(last, regular)])


def year(number: int) -> str:
    """A year as it is said: 1987 "nineteen eighty seven", 2007 "two thousand seven"."""
    head, rest = divmod(number, 100)
    if not 1100 <= number < 2100 or 2000 <= number < 2010 or (head % 10 == 0 and not rest):
        return cardinal(number)
    if not rest:
        return f"{cardinal(head)} hundred"
    return f"{cardinal(head)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def _digits(text: str) -> str:
    return " ".join(_ONES[int(digit)] for digit in text)


def _number(text: str) -> str:
    whole, _, part = text.replace(",", "").partition(".")
    if len(whole) > _MOST_DIGITS or (len(whole) > 1 and whole[0] == "0"):
        words = _digits(whole)
    elif len(whole) == 4 and not part and "," not in text:
        words = year(int(whole))
    else:
        words = cardinal(int(whole or "0"))
    return f"{words} point {_digits(part)}" if part else words


def _money(match: re.Match[str]) -> str:
    unit, small = _MONEY[match[1]]
    whole, _, part = match[2].replace(",", "").partition(".")
    words = f"{cardinal(int(whole[:_MOST_DIGITS]))} {unit}" + ("" if int(whole) == 1 else "s")
    cents = int((part + "0")[:2]) if part else 0
    if not cents:
        return words
    plural = "pence" if small == "penny" else f"{small}s"
    return f"{words} and {cardinal(cents)} {small if cents == 1 else plural}"


def _time(match: re.Match[str]) -> str:
    minutes = int(match[2])
    middle = "o'clock" if not minutes and not match[3] else "" if not minutes else cardinal(minutes)
    if 0 < minutes < 10:
        middle = f"oh {middle}"
    half = f" {match[3][0]} m" if match[3] else ""
    return f"{cardinal(int(match[1]))} {middle}{half}"


def spoken(text: str) -> str:
    """The text with everything written out that is not read letter by letter."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'")
    text = re.sub(r"\b(\d{1,2}):(\d{2})\s*([ap]m)?\b", _time, text)
    text = re.sub(r"([$£€])(\d[\d,]*(?:\.\d+)?)", _money, text)
    text = re.sub(r"\b(\d{1,15})(?:st|nd|rd|th)\b", lambda m: ordinal(int(m[1])), text)
    text = re.sub(r"(?<![\w.])-(?=\d)", "minus ", text)
    text = re.sub(
        r"\d[\d,]*(?:\.\d+)?", lambda m: _number(m[0].rstrip(",")) + ("," * m[0].endswith(",")), text
    )
    text = re.sub(
        r"\b(" + "|".join(map(re.escape, _ABBREVIATIONS)) + r")\.(?=\s+\S|,)",
        lambda m: _ABBREVIATIONS[m[1].lower()],
        text,
        flags=re.IGNORECASE,
    )
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    return text


_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*'?|[.,!?;:…—]|\n\s*\n")


def tokens(text: str) -> list[str]:
    """Words and the punctuation that is heard as a pause, in order."""
    found = [piece.strip() or "." for piece in _WORD.findall(spoken(text).replace("--", "—"))]
    return [piece.strip("'") for piece in found if piece.strip("'")]


def sentences(text: str, longest: int = 40) -> list[list[str]]:
    """Tokens in sentences; long ones are cut at a comma, or where they get too long.

    Args:
        longest: how many words a piece may have.
    """
    pieces: list[list[str]] = [[]]
    words = 0
    for token in tokens(text):
        pieces[-1].append(token)
        words += token[0].isalpha()
        if token in ".!?…" or (words > longest * 0.6 and token in ",;:—") or words >= longest:
            pieces.append([])
            words = 0
    return [piece for piece in pieces if any(token[0].isalpha() for token in piece)]
