"""All figures of the paper for one model: ``results/paper/<model>/``, a page and a CSV each."""

from __future__ import annotations

from .behaviour import Drawn
from .verdicts import Finding

CAPTIONS = {
    "fig2": "Copying the last or the first digit, with a hint, and interleaved.",
    "fig3": "Absolute counting errors; published points: Gemini 1.5.",
    "fig4": "Answers without chain of thought, beside the truths; published (Gemini 1.5, all four "
    "tasks): 22 answers are exactly 100 and 6 are 150.",
    "fig5": "Distance of the last states of n and n+1 items; published points: Gemma 7B.",
    "fig6": "Absolute counting errors; published points: Gemma 7B.",
    "fig7": "Answers in all modes, the histogram never published for an open model.",
    "fig8": "Convergence under sinusoidal encodings (synthetic).",
    "fig9": "Total variation of two softmaxes (synthetic).",
    "fig10": "Decay under four positional encodings (synthetic; q, k, v of length 1; three slopes "
    "of ALiBi).",
    "fig11": "Copying with the question before the sequence.",
    "fig12": "Distance of the last states under the Type 1 prompt.",
    "sight": "Whether the states still tell n from n + 1 (AUC of the pair test), and what became "
    "of one more item; the paper has no such figure.",
    "sensitivity": "How strongly the last state depends on each token, beside the path sum of "
    "Theorem 5.1; the paper has no such figure.",
}
TITLES = {"sight": "Lost, unread, or never there", "sensitivity": "Over-squashing"}


def render_page(
    model: str, about: list[str], drawn: list[Drawn], findings: list[Finding], failures: list[str]
) -> str:
    """The page: each figure with its numbers, then a verdict per claim.

    Args:
        model: Its name.
        about: Lines on what it is: weights, dtypes, token limits.
        drawn: The figures.
        findings: The judged claims.
        failures: What could not be finished.
    """
    from jinja2 import Environment

    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_PAGE)
    return template.render(
        model=model,
        about=about,
        drawn=drawn,
        findings=findings,
        failures=failures,
        captions=CAPTIONS,
        titles=TITLES,
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
.scroll { overflow-x: auto; }
@media (max-width: 50rem) { .scroll img { max-width: none; } .scroll table { width: 52rem; } }
figcaption { margin: .3rem 0; }
.held { color: #00674f; } .did { color: #a04000; } .not { color: #595959; }
small { color: #595959; }
h1 small { display: block; font-size: .95rem; font-weight: normal; line-height: 1.5; }
</style>
</head>
<body>
<h1>Transformers need glasses, on {{ model }}
{% for line in about %}
<small>{{ line }}</small>
{% endfor %}
</h1>
<p>Every figure of Barbero et al. (NeurIPS 2024, arXiv 2406.04267) drawn again on this model.
Behavioural points are single
trials, as in the paper; published points are shown as published.</p>
{% for failure in failures %}
<p><strong>Not finished:</strong> {{ failure }}</p>
{% endfor %}
{% for item in drawn %}
{% set title = titles[item.name] or "Figure " + item.name[3:] %}
<figure id="{{ item.name }}">
<div class="scroll" tabindex="0" role="region" aria-label="{{ title }}">
<img src="{{ item.name }}.svg" alt="{{ title }}: {{ captions[item.name] }}">
</div>
<figcaption><strong>{{ title }}.</strong> {{ captions[item.name] }}
<a href="{{ item.name }}.csv">numbers</a> · <a href="{{ item.name }}.png">PNG</a></figcaption>
</figure>
{% endfor %}
<h2>What held here</h2>
<p>Each claim is judged by the rule beside it and by nothing else.</p>
<div class="scroll" tabindex="0" role="region" aria-label="What held here">
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
</div>
</body>
</html>
"""
