"""A run as a notebook shows it: the summary, its warnings, and the figures."""

from __future__ import annotations

from collections.abc import Sequence

from ...support.figures import Picture
from .page import environment
from .summary import CurveSummary

_TEMPLATE = """
<h3>{{ title }}</h3>
{% if warnings %}<ul>{% for line in warnings %}<li>{{ line }}</li>{% endfor %}</ul>{% endif %}
<table>
<thead><tr><th>curve</th><th>trials</th><th>correct</th><th>L50 (items)</th><th>unparseable</th>
<th>truncated</th><th>failed</th></tr></thead>
<tbody>
{% for row in rows %}
<tr><th>{{ row.key.name }}</th><td>{{ row.n|plain }}</td><td>{{ row.accuracy|percent }}</td>
<td>{{ row.l50 }}</td><td>{{ row.unparseable|percent }}</td><td>{{ row.truncated|percent }}</td>
<td>{{ row.failed|percent }}</td></tr>
{% endfor %}
</tbody></table>
{% for picture in pictures %}
<div style="background: #fff; max-width: 60rem">{{ picture|inline("n%d"|format(loop.index)) }}</div>
{% endfor %}
"""


def run_html(
    title: str,
    rows: Sequence[CurveSummary],
    warnings: Sequence[str],
    pictures: Sequence[Picture],
) -> str:
    """A fragment of HTML, everything in it escaped.

    Args:
        title: whose run this is.
        rows: from `summarise`.
        warnings: from `summary.warnings`.
        pictures: figures to show under the table.
    """
    template = environment().from_string(_TEMPLATE)
    return template.render(title=title, rows=rows, warnings=warnings, pictures=pictures)
