"""English words to phonemes: a lexicon, endings, and a small network for unknown words.

The phoneme alphabet is the one of the voices (misaki's: IPA with A I O W Y for diphthongs); ARPABET
is what the face and the aligner use.
"""

from __future__ import annotations

import gzip
import json
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from nodes.media.archives import bundle_of_model, write_bundle
from nodes.voice.numbers import tokens

CARD = "english_reader"
_LEXICON, _SPELLING, _LETTERS = "lexicon.json", "spelling.onnx", "spelling.json"
_MEMBER_LIMIT = 64 << 20

# fmt: off
#: Phoneme character -> ARPABET.
ARPABET = {
    "A": "EY", "I": "AY", "O": "OW", "Q": "OW", "W": "AW", "Y": "OY", "a": "AA", "b": "B", "d": "D", "f": "F",
    "h": "HH", "i": "IY", "j": "Y", "k": "K", "l": "L", "m": "M", "n": "N", "p": "P", "s": "S", "t": "T",
    "u": "UW", "v": "V", "w": "W", "z": "Z", "æ": "AE", "ð": "DH", "ŋ": "NG", "ɐ": "AH", "ɑ": "AA",
    "ɒ": "AA", "ɔ": "AO", "ə": "AH", "ɚ": "ER", "ɛ": "EH", "ɜ": "ER", "ɡ": "G", "g": "G", "ɪ": "IH", "ɹ": "R",
    "r": "R", "ɾ": "D", "T": "D", "ʃ": "SH", "ʊ": "UH", "ʌ": "AH", "ʒ": "ZH", "ʔ": "T", "ʤ": "JH", "ʧ": "CH",
    "θ": "TH", "ᵊ": "AH", "ᵻ": "IH", "e": "EY", "o": "OW", "x": "K",
}
#: Words that lose their stress between others.
_WEAK = {
    "a": "ɐ", "an": "ən", "the": "ðə", "to": "tə", "of": "əv", "and": "ænd", "at": "æt", "for": "fɔɹ",
    "from": "fɹʌm", "in": "ɪn", "is": "ɪz", "was": "wʌz", "that": "ðæt", "as": "æz", "or": "ɔɹ",
}
_LETTER_NAMES = dict(zip("abcdefghijklmnopqrstuvwxyz", (
    "ˈA", "bˈi", "sˈi", "dˈi", "ˈi", "ˈɛf", "ʤˈi", "ˈAʧ", "ˈI", "ʤˈA", "kˈA", "ˈɛl", "ˈɛm", "ˈɛn", "ˈO",
    "pˈi", "kjˈu", "ˈɑɹ", "ˈɛs", "tˈi", "jˈu", "vˈi", "dˈʌbᵊlju", "ˈɛks", "wˈI", "zˈi",
), strict=True))
# fmt: on
_VOWELS = frozenset("AIOQWYaiuæɑɒɔəɛɜɪʊʌᵻɐᵊ")
_VOICELESS = frozenset("ptkfθ")
_SIBILANTS = frozenset("szʃʒʧʤ")


def build(unpacked: Path, target: Path) -> None:
    """Make the reader's file from the unpacked carrier: one lexicon, and the spelling network."""
    assets = unpacked / "hibari" / "assets"
    lexicon: dict[str, str] = {}
    for name in ("silver", "gold"):
        entries = json.loads(gzip.decompress((assets / f"lexicon_us_{name}.json.gz").read_bytes()))
        for word, phonemes in entries.items():
            plain = phonemes.get("DEFAULT") if isinstance(phonemes, dict) else phonemes
            if plain:
                lexicon[word] = plain
    letters = json.loads((assets / "oov.json").read_text("utf-8"))
    kept = {"in": letters["in"], "out": letters["out"], "maxlen": int(letters["maxlen"])}
    members = {
        _LEXICON: json.dumps(lexicon, ensure_ascii=False, sort_keys=True).encode(),
        _SPELLING: (assets / "oov.onnx").read_bytes(),
        _LETTERS: json.dumps(kept, ensure_ascii=False).encode(),
    }
    write_bundle(target, members, zipfile.ZIP_DEFLATED)


class Reader:
    """Reads English text aloud, on paper."""

    def __init__(self, path: Path) -> None:
        """Open the reader's file.

        Raises:
            ModelProblem: when it is damaged.
        """
        with bundle_of_model(path, "the reader", CARD, _MEMBER_LIMIT) as bundle:
            self._lexicon: dict[str, str] = json.loads(bundle.read(_LEXICON))
            letters = json.loads(bundle.read(_LETTERS))
            self._network = bundle.read(_SPELLING)
        self._letters = {letter: number + 1 for number, letter in enumerate(letters["in"])}
        self._sounds = ["", *letters["out"]]
        self._longest = letters["maxlen"]
        self._session: Any = None
        self._guessed: dict[str, str] = {}

    def sentence(self, words: list[str]) -> list[tuple[str, str]]:
        """(word or punctuation, its phonemes) for the tokens of one sentence."""
        result = []
        for number, word in enumerate(words):
            if not word[0].isalpha():
                result.append((word, word))
                continue
            following = next((w for w in words[number + 1 :] if w[0].isalpha()), "")
            result.append((word, self._in_context(word, following)))
        return result

    def phones(self, text: str) -> list[tuple[str, list[str]]]:
        """(word, ARPABET phones) for every word of a text."""
        read = self.sentence(tokens(text))
        return [(word, arpabet(sounds)) for word, sounds in read if word[0].isalpha() and sounds]

    def word(self, word: str) -> str:
        """The phonemes of one word by itself; unknown words are guessed from their spelling."""
        known = self._known(word)
        if known:
            return known
        if word.isupper() and 1 < len(word) <= 5:
            return "".join(_LETTER_NAMES.get(letter, "") for letter in word.lower())
        return self._guess(word)

    def _in_context(self, word: str, following: str) -> str:
        low = word.lower()
        if low in ("the", "to") and following:
            before_vowel = self.word(following).lstrip("ˈˌ")[:1] in _VOWELS
            return {"the": ("ðə", "ði"), "to": ("tə", "tʊ")}[low][before_vowel]
        if low in _WEAK and following:
            return _WEAK[low]
        return self.word(word)

    def _known(self, word: str) -> str | None:
        low = word.lower()
        if len(low) == 1:
            return _LETTER_NAMES.get(low)
        for form in (word, low, low.capitalize(), word.upper() if len(word) <= 4 and word.isupper() else low):
            if form in self._lexicon:
                return self._lexicon[form]
        return self._with_ending(low)

    def _with_ending(self, low: str) -> str | None:
        """Plurals, past tenses and -ing of known words."""
        for ending, stems in (
            ("s", (low[:-1], low[:-2])),
            ("ed", (low[:-2], low[:-1])),
            ("ing", (low[:-3],)),
        ):
            if not low.endswith(ending) or len(low) < len(ending) + 2:
                continue
            for stem in stems:
                sounds = self._lexicon.get(stem) or self._lexicon.get(stem.capitalize())
                if sounds:
                    return sounds + _ending_sound(ending, sounds[-1])
        return None

    def _guess(self, word: str) -> str:
        # Of other alphabets the network knows only the letters' names.
        if not unicodedata.normalize("NFD", word)[0].isascii():
            return ""
        if word not in self._guessed:
            numbers = [self._letters[letter] for letter in word if letter in self._letters][: self._longest]
            self._guessed[word] = self._spell(numbers) if numbers else ""
        return self._guessed[word]

    def _spell(self, numbers: list[int]) -> str:
        if self._session is None:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            options.log_severity_level = 4
            self._session = onnxruntime.InferenceSession(
                self._network, options, providers=["CPUExecutionProvider"]
            )
        found = self._session.run(None, {"chars": np.array([numbers], np.int64)})[0][0].tolist()
        # The network is read like CTC: repeats are one, 0 is nothing.
        kept = [now for before, now in zip([0, *found], found, strict=False) if now not in (0, before)]
        return "".join(self._sounds[number] for number in kept)


def _ending_sound(ending: str, last: str) -> str:
    if ending == "ing":
        return "ɪŋ"
    if ending == "s":
        return "ᵻz" if last in _SIBILANTS else "s" if last in _VOICELESS else "z"
    return "ᵻd" if last in "td" else "t" if last in _VOICELESS | {"s", "ʃ", "ʧ"} else "d"


def arpabet(phonemes: str) -> list[str]:
    """ARPABET phones of a phoneme string; marks of stress and length are left out."""
    return [phone for _, phone in arpabet_places(phonemes)]


def arpabet_places(phonemes: str) -> list[tuple[int, str]]:
    """(place of its first character, phone); a schwa before r is one phone, ER, with it."""
    result: list[tuple[int, str]] = []
    for place, character in enumerate(phonemes):
        phone = ARPABET.get(character)
        if phone is None:
            continue
        if phone == "R" and result and result[-1][1] in ("AH", "ER") and phonemes[place - 1] in "əɜɚ":
            result[-1] = (result[-1][0], "ER")
            continue
        result.append((place, phone))
    return result


def load_reader(path: Path) -> Reader:
    """For `context.model`."""
    return Reader(path)
