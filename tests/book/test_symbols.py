"""Every letter on the page of symbols stands in the chapter that the page names."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "book" / "symbols.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?P<symbols>\$.+?) \| .+ \| \{doc\}`\d+ <(?P<chapter>.+?)>` \|$")
ROWS = [match for line in PAGE.splitlines() if (match := ROW.match(line))]


def formulas(text: str) -> list[str]:
    """Keep what stands between dollars, without the comment signs of the .py form."""
    prose = re.sub(r"^# ?", "", text, flags=re.MULTILINE)
    found = re.findall(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", prose, flags=re.DOTALL)
    return [display or inline for display, inline in found]


def occurs(symbol: str, formula: str) -> bool:
    """Say whether a formula has the symbol, not as a part of a longer name."""
    name = re.escape(symbol).replace(r"\ ", r"\s*")
    return bool(re.search(rf"(?<![A-Za-z\\_]){name}(?![A-Za-z_])", formula))


def test_every_row_is_read():
    n_rows = sum(line.startswith("| $") for line in PAGE.splitlines())
    assert len(ROWS) == n_rows > 25


def test_a_symbol_stands_in_a_formula_of_its_chapter():
    missing = []
    for row in ROWS:
        chapter = ROOT / f"{row['chapter'].lstrip('/')}.py"
        found = formulas(chapter.read_text(encoding="utf-8"))
        for symbol in re.findall(r"\$(.+?)\$", row["symbols"]):
            if not any(occurs(symbol, formula) for formula in found):
                missing.append((symbol, chapter.name))
    assert missing == []


def test_no_symbol_has_two_rows():
    symbols = [s for row in ROWS for s in re.findall(r"\$(.+?)\$", row["symbols"])]
    assert len(symbols) == len(set(symbols))


def test_a_symbol_is_told_from_a_longer_name():
    assert occurs("x_u", r"x_u \cdot y_i")
    assert not occurs("u", r"\mu")
    assert not occurs("k", r"kl")
