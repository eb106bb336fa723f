"""Every command explains itself, with an example that its own parser accepts."""

from __future__ import annotations

import re

import pytest
from snellen.cli import main
from snellen.cli.main import VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_has_help_with_an_example(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main([verb, "--help"])
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    out = capsys.readouterr().out
    assert code == 0
    assert re.search(r"usage", out, re.IGNORECASE)
    assert re.search(rf"^\s+(?:\w+=\S+ )*(?:snellen {verb}|lm-eval)\b", out, re.MULTILINE)


def test_the_top_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["--help"])
    out = capsys.readouterr().out
    assert leaving.value.code == 0
    assert all(f"  {verb} " in out and summary in out for verb, summary in VERBS.items())


@pytest.mark.parametrize("words", [["fly"], ["--fly"], ["run", "--fly"]])
def test_a_wrong_command_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(words)
    err = capsys.readouterr().err
    assert leaving.value.code == 2
    assert err.count("\n") == 1
    assert "--help" in err
