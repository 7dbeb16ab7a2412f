"""Python's own options, such as -O and -W: those of this process, and those before a program.

`hpxpy.launcher` and the command line ask; localities run under the options that are found.
"""

# SPDX-License-Identifier: BSL-1.0
import sys

ALONE = "bBdEiIOPqRsSuvx"
WITH_VALUE = "WX"
LONG = "--check-hash-based-pycs"


def split_options(words):
    """(options, rest) of a command line of Python; the rest begins with the program.

    Options come one a word, and a module or code that was glued to its -m or -c comes apart.
    """
    options, words = [], list(words)
    while words:
        word = words[0]
        if word == LONG and len(words) > 1:
            options += words[:2]
            del words[:2]
            continue
        found, end = _letters(word)
        letter, value = word[end : end + 1], word[end + 1 :]
        if not word.startswith("-") or word.startswith("--") or len(word) == 1:
            break
        if letter and letter in "mc" and (found or value):
            return options + found, ["-" + letter, *([value] if value else []), *words[1:]]
        if letter and letter in WITH_VALUE and (value or len(words) > 1):
            options += [*found, "-" + letter, value or words.pop(1)]
        elif letter:
            break
        else:
            options += found
        del words[0]
    return options, words


def _letters(word):
    """The options without a value that begin `word`, and where they end."""
    end = 1
    while end < len(word) and word[end] in ALONE:
        end += 1
    return ["-" + letter for letter in word[1:end]], end


def own_options(given=()):
    """The options that this process runs under and that localities get, unless `given` has them.

    A prompt after the program (-i) and a first line to skip (-x) are for one program alone.
    """
    options, _ = split_options(sys.orig_argv[1:])
    kept, words = [], iter(options)
    for word in words:
        if word in ("-W", "-X", LONG):
            kept += [word, next(words)]
        elif word not in ("-i", "-x") and word not in given:
            kept.append(word)
    return kept
