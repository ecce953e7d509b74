"""Labels of metrics on axes and in captions."""

from sr.evaluate.metrics import METRICS


def axis_label(name: str) -> str:
    """Return a metric's title with its unit, e.g. "PSNR (dB)"."""
    metric = METRICS[name]
    return f"{metric.title} ({metric.unit})" if metric.unit else metric.title


def all_labels() -> list[str]:
    """Return the titles of all metrics with their units."""
    return [axis_label(name) for name in METRICS]
