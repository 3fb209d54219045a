"""A figure as SVG inside a page: no fonts to load, ids of its own, colours that follow the page's theme."""

from __future__ import annotations

import html
import io
import re

import matplotlib as mpl
from matplotlib.figure import Figure

from imu_hinge.report.palette import DARK, INK

__all__ = ["inline_svg", "theme_css"]

_PAINT = re.compile(r"(fill|stroke): (#[0-9a-f]{6})")
_ID = re.compile(r'(\bid="|xlink:href="#|url\(#)')


def inline_svg(figure: Figure, name: str, label: str) -> str:
    """Write a figure as one ``<svg>`` element for a page; equal figures give equal text.

    ``name`` (letters, digits, hyphens) must be unique on the page: it prefixes every id. ``label`` is the
    text alternative; it is escaped here. Colours of the palette become CSS variables (see ``theme_css``).
    """
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Type": None})
    text = buffer.getvalue()
    body = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    variables = {colour: f"var(--{role.replace('_', '-')}, {colour})" for role, colour in INK.roles().items()}
    body = _PAINT.sub(lambda m: f"{m[1]}: {variables.get(m[2], m[2])}", body)
    body = _ID.sub(lambda m: f"{m[1]}{name}-", body)
    body = body.replace("xlink:href", "href")
    width, height = (72 * inches for inches in figure.get_size_inches())
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{html.escape(label)}">{_shorter(body)}</svg>'
    )


def theme_css() -> str:
    """CSS that sets every palette role as a variable, light by default, dark where the reader prefers it."""

    def block(roles: dict[str, str]) -> str:
        return " ".join(f"--{role.replace('_', '-')}: {colour};" for role, colour in roles.items())

    return (
        f":root {{ color-scheme: light dark; {block(INK.roles())} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {block(DARK.roles())} }} }}"
    )


def _shorter(body: str) -> str:
    """Drop comments and line indents, which only cost bytes."""
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    return re.sub(r"\n\s*", "\n", body).strip()
