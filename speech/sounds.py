"""How words sound, whichever script they are written in: Hindi in Devanagari or in Latin letters.

A recogniser writes what it hears in its own spelling: «shree guru charan saroj raj», «श्री गुरु चरन». Both are folded to
one key, in which sounds that are alike to an ear, or to a recogniser, are the same letter.
"""

import re
import unicodedata

from rapidfuzz import fuzz

SAID_AFTER = 62.0
"""Of 100: from this likeness words are an attempt to say the same, however well it went; other talk stays below."""
FEWEST_SOUNDS = 8
"""Less than this is not a line."""

DEVANAGARI = {
    **dict(zip("कखगघङ", "kkggn", strict=True)),
    **dict(zip("चछजझञ", "ccjjn", strict=True)),
    **dict(zip("टठडढण", "ttddn", strict=True)),
    **dict(zip("तथदधन", "ttddn", strict=True)),
    **dict(zip("पफबभम", "ppbbn", strict=True)),
    **dict(zip("यरलवशषस", "irlbsss", strict=True)),
    **dict(zip("इईउऊएऐओऔ", "iiuuiiuu", strict=True)),
    **dict(zip("िीुूेैोौ", "iiuuiiuu", strict=True)),
    **{"ऋ": "ri", "ृ": "ri", "ं": "n", "ँ": "n"},
}
"""What is not here, such as the short a and the h, is not heard reliably and left out."""
SPELLINGS = (("tch", "C"), ("ch", "C"), ("sh", "s"), ("ph", "p"), ("x", "ks"), ("ck", "k"))
LATIN = {
    **dict(zip("bcdfgjklmnpqrstuvwyz", "bkdpgjklnnpkrstubbij", strict=True)),
    **{"e": "i", "i": "i", "o": "u", "C": "c"},
}


def sound_key(text: str) -> str:
    """The sounds of a text in either script: aspiration, vowel length, the short a and the gaps between words are
    folded away, for neither a recogniser nor a child keeps them."""
    words = unicodedata.normalize("NFC", text).casefold().replace("ज्ञ", "ग्य")
    for written, heard in SPELLINGS:
        words = words.replace(written, heard)
    words = re.sub(r"(?<=[a-z])y(?=[aeiou])", "i", words)
    heard = "".join(DEVANAGARI.get(letter, LATIN.get(letter, "")) for letter in words)
    return re.sub(r"(.)\1+", r"\1", heard)


def is_echo(said: str, ours: str) -> bool:
    """Whether words sound like ours, or like a line of ours, well enough to be an attempt to say them."""
    key = sound_key(said)
    if len(key) < FEWEST_SOUNDS:
        return False
    pieces = (ours, *re.split(r"[\n,।॥]", ours))
    return any(fuzz.ratio(key, sound_key(piece)) >= SAID_AFTER for piece in pieces)
