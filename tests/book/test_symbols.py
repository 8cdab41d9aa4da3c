"""The page of symbols lists every letter of a numbered formula, for its chapter."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "book" / "symbols.md").read_text(encoding="utf-8")
CHAPTERS = {
    int(path.name[:2]): re.sub(r"^# ?", "", path.read_text("utf-8"), flags=re.MULTILINE)
    for path in sorted((ROOT / "notebooks").glob("[01]*.py"))
}
GREEK = re.compile(
    r"\\(?:(?:var)?(?:epsilon|phi|theta)|alpha|beta|gamma|delta|zeta|eta|kappa|lambda|mu|nu"
    r"|xi|pi|rho|sigma|tau|chi|psi|omega|ell|Gamma|Delta|Theta|Lambda|Sigma|Phi|Psi|Omega)"
)


def rows() -> list[tuple[str, int]]:
    """Each symbol of the page with each chapter that its row names."""
    found = []
    for line in PAGE.splitlines():
        if line.startswith("| $"):
            symbols, _, chapters = line.strip("| ").split(" | ")
            found += [
                (symbol, int(chapter))
                for symbol in re.findall(r"\$(.+?)\$", symbols)
                for chapter in re.findall(r"\[(\d+)\]", chapters)
            ]
    return found


def formulas(text: str) -> list[str]:
    """Keep what stands between dollars."""
    found = re.findall(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", text, flags=re.DOTALL)
    return [display or inline for display, inline in found]


def numbered(text: str) -> list[str]:
    """Keep the formulas that have a number, to which others can point."""
    return re.findall(r"\$\$((?:(?!\$\$).)+)\$\$ \(eq-", text, flags=re.DOTALL)


def letters(formula: str) -> list[str]:
    """List the letters in order, without words, commands and the T of a transpose."""
    plain = re.sub(r"\\(text|mathrm|begin|end)\{[^}]*\}|\^T", " ", formula)
    return [
        name
        for name in re.findall(r"\\[A-Za-z]+|[A-Za-z]", plain)
        if len(name) == 1 or GREEK.fullmatch(name)
    ]


def occurs(symbol: str, formula: str) -> bool:
    """Say whether a formula has the symbol, not as a part of a longer name."""
    name = re.escape(symbol).replace(r"\ ", r"\s*")
    return bool(re.search(rf"(?<![A-Za-z\\_]){name}(?![A-Za-z_])", formula))


def test_a_letter_of_a_numbered_formula_is_listed_for_its_chapter():
    listed = {(letters(symbol)[0], chapter) for symbol, chapter in rows()}
    used = {
        (letter, chapter)
        for chapter, text in CHAPTERS.items()
        for formula in numbered(text)
        for letter in letters(formula)
    }
    assert len(used) > 50
    assert used - listed == set()


def test_a_symbol_stands_in_a_formula_of_each_of_its_chapters():
    missing = [
        (symbol, chapter)
        for symbol, chapter in rows()
        if not any(occurs(symbol, formula) for formula in formulas(CHAPTERS[chapter]))
    ]
    assert missing == []


def test_every_row_is_read():
    n_rows = sum(line.startswith("| $") for line in PAGE.splitlines())
    assert n_rows == sum(bool(re.search(r"\| \[\d+\]", x)) for x in PAGE.splitlines())
    assert n_rows > 50


def test_no_symbol_has_two_meanings_in_a_chapter():
    assert len(rows()) == len(set(rows()))


def test_the_letters_of_a_formula_are_told_from_its_words():
    assert letters(r"\text{MSE} = \frac1n \hat r_{ui} \log \mu X^T") == [
        *["n", "r", "u", "i", r"\mu", "X"]
    ]
    assert numbered("$$ a $$\n$$ b $$ (eq-b)") == [" b "]


def test_a_symbol_is_told_from_a_longer_name():
    assert occurs("x_u", r"x_u \cdot y_i")
    assert not occurs("u", r"\mu")
    assert not occurs("k", r"kl")
