"""Draw a task's reliability diagram and its coverage-against-risk curve as one small SVG."""

import re
from pathlib import Path

from research.measure.evaluate import Measured


def draw(result: Measured, folder: Path) -> Path:
    """Write `TASK.svg` into a folder, the same bytes for the same figures and version of Matplotlib.

    Raises:
        ModuleNotFoundError: Matplotlib is missing: `make .venv/.research` brings it.
    """
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update(
        {"svg.fonttype": "none", "svg.hashsalt": result.task, "font.size": 8, "axes.linewidth": 0.5}
    )
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 2.3), layout="constrained")
    left, right = figure.subplots(1, 2)
    probabilities, shares = [part[0] for part in result.reliability], [part[1] for part in result.reliability]
    left.plot([0, 1], [0, 1], color="0.7", linewidth=0.8)
    left.plot(probabilities, shares, color="#1f5fa8", marker="o", markersize=3, linewidth=1)
    left.set(xlabel="probability", ylabel="share that came true", xlim=(0, 1), ylim=(0, 1))
    right.plot(
        [point[0] for point in result.coverage], [point[1] for point in result.coverage], color="#1f5fa8"
    )
    right.axvline(result.figures["kept"], color="0.7", linewidth=0.8)
    risks = [point[1] for point in result.coverage]
    right.set(xlabel="share of the answers kept", ylabel="share of these wrong", xlim=(0, 1))
    right.set_ylim(0, max(0.1, *risks) if risks else 1)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.locator_params(nbins=4)
    figure.suptitle(result.task, fontsize=9)
    file = folder / f"{result.task}.svg"
    figure.savefig(file, metadata={"Date": None, "Creator": None})
    file.write_text(_smaller(file.read_text(encoding="utf-8")), encoding="utf-8")
    return file


def _smaller(svg: str) -> str:
    """Drop comments, names of fonts, indentation and decimals that no screen shows."""
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: '[^;\"]*", "font-family: sans-serif", svg)
    svg = re.sub(r"\d+\.\d{2,}", lambda number: f"{float(number[0]):.1f}", svg)
    return re.sub(r"\n\s*", "\n", svg).strip() + "\n"
