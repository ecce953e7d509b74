"""Files that claims are judged by: metrics at any measured border crop, and what `make verify` wrote."""

from typing import NamedTuple, TypeVar

from sr.core.formats import Document, load
from sr.evaluate.formats import Metrics
from sr.evaluate.metrics import METRICS, Values
from sr.evaluate.verify_formats import CountCheck, CountedRow, PaperRow, Prints, Released, ReleasedCheckpoint
from sr.methods.spec import Paper
from sr.report.run.reader import FinishedRun

FOLDER = "results/verify"
REMEDY = "Run the check again: make verify"
D = TypeVar("D", bound=Document)


class Measured(NamedTuple):
    """Metrics of a model on a set, and the file that has them."""

    metrics: Metrics
    file: str

    def at(self, crop: int) -> Values | None:
        """Return the means with ``crop`` pixels cut from each border, or None if that was not measured."""
        if self.metrics.protocol.crop_border == crop:
            return self.metrics.mean
        return self.metrics.crops.get(str(crop))

    def images(self, crop: int | None, metric: str) -> dict[str, float]:
        """Return a metric of every image by name with ``crop`` pixels cut, or by the file's own protocol if None.

        Empty if it was not measured or is infinite.
        """
        values = {}
        for image in self.metrics.images:
            at = image.values if crop in (None, self.metrics.protocol.crop_border) else image.crops.get(str(crop))  # noqa: PD011
            value = at[metric] if at else None
            if value is None:
                return {}
            values[image.name] = value
        return values

    def crops(self) -> str:
        """Return PSNR and the other metrics at every measured crop in a phrase."""
        means = {str(self.metrics.protocol.crop_border): self.metrics.mean, **self.metrics.crops}
        return "; ".join(f"crop {crop}: {shown(means[crop])}" for crop in sorted(means, key=int))


def shown(values: Values) -> str:
    """Return metrics as papers print them, without units."""
    parts = [f"{value:.{METRICS[key].digits}f}" if value is not None else "∞" for key, value in values.items()]
    return " / ".join(parts)


def measured(run: FinishedRun, model: str, scale: int, test_set: str) -> Measured | None:
    """Return what the run measured of a model on a set, or None."""
    frame = run.metrics
    rows = frame[(frame["model"] == model) & (frame["scale"] == scale) & (frame["test_set"] == test_set)]
    if rows.empty:
        return None
    file = rows["file"].iloc[0]
    return Measured(load(file, Metrics), relative(run, file))


def relative(run: FinishedRun, file: str) -> str:
    """Return a file's path relative to the run's folder."""
    return file.removeprefix(f"{run.root}/")


def crop_of(paper: Paper, scale: int) -> int:
    """Return the border crop of a paper's protocol at a scale, in HR pixels."""
    return scale if paper.crop_border == "scale" else paper.crop_border


def prints(run: FinishedRun) -> Prints | None:
    """Return the statements recomputed from printed numbers, or None if they were not checked."""
    return _read(run, "prints", Prints)


def checkpoints(run: FinishedRun) -> list[ReleasedCheckpoint]:
    """Return the authors' checkpoints that were measured without training."""
    document = _read(run, "released", Released)
    return document.checkpoints if document else []


def counted(run: FinishedRun, paper: str, table: str, method: str, scale: int) -> CountedRow | None:
    """Return the counts of the network behind a printed row, or None."""
    document = _read(run, "counts", CountCheck)
    row = PaperRow(paper=paper, table=table, method=method, scale=scale)
    return next((each for each in document.rows if each.row == row), None) if document else None


def rows(run: FinishedRun) -> list[PaperRow]:
    """Return the printed rows for which the authors' weights were measured or a network was counted."""
    document = _read(run, "counts", CountCheck)
    counts = document.rows if document else []
    return [checkpoint.row for checkpoint in checkpoints(run)] + [each.row for each in counts]


def _read(run: FinishedRun, check: str, kind: type[D]) -> D | None:
    path = run.path(f"{FOLDER}/{check}.json")
    return load(path, kind, REMEDY) if path else None
