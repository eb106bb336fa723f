"""All figures of the paper for one model: ``results/paper/<model>/``, a page and a CSV each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from ...store.run_directory import folder_name
from ..commands import ProbeResult
from ..states.subject import Subject
from ..style import save_figure
from ..tables import make_writable, whole_file, write_manifest, write_tables
from .behaviour import Drawn, Published, behaviour_figures
from .mechanism import collapse_figures, theory_drawn
from .verdicts import Finding

CAPTIONS = {
    "fig2": "Copying the last or the first digit, with a hint, and interleaved.",
    "fig3": "Absolute counting errors; published points: Gemini 1.5.",
    "fig4": "Answers without chain of thought, beside the truths.",
    "fig5": "Distance of the last states of n and n+1 items; published points: Gemma 7B.",
    "fig6": "Absolute counting errors; published points: Gemma 7B.",
    "fig7": "Answers in all modes, the histogram never published for an open model.",
    "fig8": "Convergence under sinusoidal encodings (synthetic).",
    "fig9": "Total variation of two softmaxes (synthetic).",
    "fig10": "Decay under four positional encodings (synthetic, the paper's cell of the sweep).",
    "fig11": "Copying with the question before the sequence.",
    "fig12": "Distance of the last states under the Type 1 prompt.",
}


def run_paper(
    subject: Subject,
    trials: pd.DataFrame,
    published: Published,
    out: Path,
    *,
    longest: int,
    seeds: int,
    progress: Callable[[str], None],
) -> ProbeResult:
    """Draw every figure and judge every claim.

    Args:
        subject: The model.
        trials: Its trials of ``snellen_paper``.
        published: The paper's points by task.
        out: The results folder.
        longest: Most items in Figures 5 and 12 (the paper went to 2001).
        seeds: Draws per point of Figures 8, 9 and 10.
        progress: Told what is being measured.

    Returns:
        The folder, the findings, and what could not be finished.
    """
    folder = out / "paper" / folder_name(subject.name)
    make_writable(folder)
    longest = min(longest, subject.context // 2)
    inside, failures = collapse_figures(subject, longest, progress)
    progress("figures 8, 9 and 10")
    drawn = [*behaviour_figures(trials, published), *inside, *theory_drawn(seeds)]
    drawn.sort(key=lambda d: int(d.name.removeprefix("fig")))
    for item in drawn:
        save_figure(item.figure, folder, item.name)
    write_tables(folder, {item.name: item.table for item in drawn})
    findings = [finding for item in drawn for finding in item.findings]
    table = pd.DataFrame([finding.row() for finding in findings])
    write_tables(folder, {"findings": table})
    with whole_file(folder / "index.html") as scratch:
        scratch.write_text(render_page(subject.name, drawn, findings, failures), encoding="utf-8")
    write_manifest(
        folder, "paper", subject.name, {"longest": longest, "seeds": seeds}, failures=failures
    )
    return ProbeResult(folder, table[["figure", "verdict", "claim", "numbers"]], failures)


def render_page(
    model: str, drawn: list[Drawn], findings: list[Finding], failures: list[str]
) -> str:
    """The page: a verdict per claim, then each figure with its numbers."""
    from jinja2 import Environment

    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_PAGE)
    return template.render(
        model=model, drawn=drawn, findings=findings, failures=failures, captions=CAPTIONS
    )


_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Transformers need glasses, on {{ model }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-top: 1px solid #ddd; }
figure { margin: 2.5rem 0; }
img { max-width: 100%; height: auto; }
figcaption { margin: .3rem 0; }
.held { color: #00674f; } .did { color: #a04000; } .not { color: #595959; }
small { color: #595959; }
</style>
</head>
<body>
<h1>Transformers need glasses, on {{ model }}</h1>
<p>Every figure of Barbero et al. (NeurIPS 2024, arXiv 2406.04267) drawn again on this model.
Each claim is judged by the rule beside it and by nothing else. Behavioural points are single
trials, as in the paper; published points are shown as published.</p>
{% for failure in failures %}
<p><strong>Not finished:</strong> {{ failure }}</p>
{% endfor %}
<table>
<thead><tr><th scope="col">Figure</th><th scope="col">Claim</th><th scope="col">Here it</th>
<th scope="col">Numbers</th><th scope="col">Rule</th></tr></thead>
<tbody>
{% for f in findings %}
<tr><td>{{ f.figure }}</td><td>{{ f.claim }}</td>
<td class="{{ f.verdict.split()[0] }}">{{ "was not testable" if f.verdict == "not testable"
else f.verdict }}</td><td>{{ f.numbers }}</td><td><small>{{ f.rule }}</small></td></tr>
{% endfor %}
</tbody>
</table>
{% for item in drawn %}
<figure id="{{ item.name }}">
<img src="{{ item.name }}.svg" alt="Figure {{ item.name[3:] }}: {{ captions[item.name] }}">
<figcaption><strong>Figure {{ item.name[3:] }}.</strong> {{ captions[item.name] }}
<a href="{{ item.name }}.csv">numbers</a> · <a href="{{ item.name }}.png">PNG</a></figcaption>
</figure>
{% endfor %}
</body>
</html>
"""
