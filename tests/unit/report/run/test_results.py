"""Readers of a run's results: metrics, complexity, records and counts."""

import json
import math
import re
from pathlib import Path

import pytest

from sr.core.errors import UserError
from sr.report.run import results
from tests.helpers.reporting import complexity_file, metrics_file
from tests.helpers.runs import record


def read_complexity(path):
    return results.read_complexity([path])


SEARCH = record({"preset": "demo", "seed": 0}, "search", model="dlsr", seed=0, device="cpu")


def read_records(path):
    return results.read_records([path])


class TestResults:
    """Metrics and complexity files are checked before they meet in one table."""

    @pytest.mark.parametrize(
        ("change", "key"),
        [
            ({"colour": "RGB"}, "colour"),
            ({"output": "float"}, "output"),
            ({"degradation": "given"}, "degradation"),
            ({"crop_border": 4}, "crop_border"),
            ({"tile": 96}, "tile"),
            ({"data_digest": "other"}, "data_digest"),
        ],
    )
    def test_mixed_protocols_name_both_files(self, tmp_path, change, key):
        one = metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0)
        two = metrics_file(tmp_path, "other", 2, "Set5", 37.0, **change)
        with pytest.raises(UserError) as caught:
            results.read_metrics([one, two])
        assert all(word in str(caught.value) for word in (one, two, f"{key} differs"))

    def test_crop_may_follow_the_scale_or_stay(self, tmp_path):
        by_scale = [metrics_file(tmp_path, "dlsr", scale, "Set5", 30.0) for scale in (2, 3, 4)]
        assert results.read_metrics(by_scale)["crop_border"].tolist() == [2, 3, 4]
        constant = [metrics_file(tmp_path, "dlsr", scale, "Set5", 30.0, crop_border=4) for scale in (2, 3, 4)]
        assert results.read_metrics(constant)["crop_border"].tolist() == [4, 4, 4]
        mixed = [constant[0], metrics_file(tmp_path, "dlsr", 3, "Set5", 30.0)]
        with pytest.raises(UserError, match="crop_border differs"):
            results.read_metrics(mixed)

    def test_bicubic_needs_no_tiles_and_folders_no_digest(self, tmp_path):
        one = metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0, tile=96, data_digest=None)
        assert len(results.read_metrics([one, metrics_file(tmp_path, "bicubic", 2, "Set5", 33.0)])) == 2

    def test_networks_in_onnx_files_need_no_tiles(self, tmp_path):
        one = metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0, tile=96)
        two = metrics_file(tmp_path, "near", 2, "Set5", 37.0, peer=True)
        assert results.read_metrics([one, two])["peer"].tolist() == [False, True]

    def test_duplicates_name_both_files(self, tmp_path):
        one = metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0)
        two = tmp_path / "again.json"
        two.write_text(Path(one).read_text())
        with pytest.raises(UserError, match="have the same model, scale, test_set") as caught:
            results.read_metrics([one, two])
        assert one in str(caught.value)
        assert str(two) in str(caught.value)

    @pytest.mark.parametrize(
        ("path", "value", "message"),
        [
            (["mean", "psnr"], "38", 'mean.psnr: "38": input should be a valid number'),
            (["mean", "psnr"], float("nan"), "mean.psnr: NaN: input should be a finite number"),
            (["protocol", "crop_border"], None, "protocol.crop_border: null: input should be a valid integer"),
            (["protocol"], {}, "protocol: key 'colour' is missing"),
            (["images"], 3, "images: 3: input should be a valid array"),
            (["images", 1, "values"], {"psnr": 38.0}, "has the metrics psnr, but needs psnr, ssim"),
            (["images", 0, "values", "psnr"], True, "images.0.values.psnr: true: input should be a valid number"),
        ],
    )
    def test_bad_metrics(self, tmp_path, path, value, message):
        file = Path(metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0))
        record = json.loads(file.read_text())
        inner = record
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        file.write_text(json.dumps(record))
        with pytest.raises(UserError, match=re.escape(message)):
            results.read_metrics([file])

    def test_infinite_metrics(self, tmp_path):
        """PSNR of equal images is infinite, which JSON lacks."""
        equal = [{"name": "a", "height": 64, "width": 64, "values": {"psnr": None, "ssim": 1.0}}]
        file = metrics_file(tmp_path, "dlsr", 2, "Set5", 0.0, images=equal, mean=equal[0]["values"])
        row = results.read_metrics([file]).iloc[0]
        assert row["psnr"] == row["each"][0]["psnr"] == math.inf

    @pytest.mark.parametrize(
        ("read", "document", "message"),
        [
            (read_complexity, {"scales": {"8": {"params": 1, "mult_adds": 1, "lr_size": [1, 1]}}}, "scales.8"),
            (read_complexity, {"scales": {"2": {"params": 1, "lr_size": [1, 1]}}}, "key 'mult_adds' is missing"),
            (read_complexity, [], "should be"),
            (results.read_operations, {"method": "dlsr", "channels": 50}, "key 'operations' is missing"),
            (
                results.read_operations,
                {"method": "dlsr", "channels": 50, "operations": {"conv_1x1": {"params": 1.5, "mult_adds": 1}}},
                "operations.conv_1x1.params: 1.5: input should be a valid integer",
            ),
            (
                results.read_reference,
                {"method": "mran", "genotype": "g", "rows": [{}]},
                "rows.0: key 'params' is missing",
            ),
            (read_records, {"model": "dlsr", "seed": 0, "device": "cpu"}, "key 'command' is missing"),
            (
                read_records,
                {**SEARCH, "machine": {"system": "A", "processor": "X"}},
                "machine: key 'threads' is missing",
            ),
            (read_records, {**SEARCH, "seconds": "1"}, 'seconds: "1": input should be a valid number'),
        ],
    )
    def test_bad_counts_and_records(self, tmp_path, read, document, message):
        if read is read_complexity and isinstance(document, dict):
            document = json.loads(Path(complexity_file(tmp_path, **document)).read_text())
        (tmp_path / "d.json").write_text(json.dumps(document))
        with pytest.raises(UserError, match=re.escape(message)):
            read(tmp_path / "d.json")

    def test_duplicate_rows_are_refused(self, tmp_path):
        row = {"model": "mran_mrb", "scale": 4, "params": 1, "mult_adds": 1, "lr_size": [320, 180]}
        (tmp_path / "d.json").write_text(json.dumps({"method": "mran", "genotype": "g.json", "rows": [row, row]}))
        with pytest.raises(UserError, match="a second row for model 'mran_mrb', ×4"):
            results.read_reference(tmp_path / "d.json")
