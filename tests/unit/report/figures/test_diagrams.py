"""Drawings of genotypes."""

import itertools
import json
import re

import numpy as np
import pytest
from PIL import Image

from sr.core.errors import UserError
from sr.methods import diagram
from sr.methods.dlsr import diagram as diagram_dlsr
from sr.methods.dlsr import network as dlsr
from sr.methods.mran import diagram as diagram_mran
from sr.methods.mran import network as mran
from sr.nas.genotype import Genotype
from sr.plot import style as plotting
from sr.report.figures import diagrams
from tests.helpers.reporting import GENOTYPE, OTHER_GENOTYPE

MRAN = {
    "format": 1,
    "method": "mran",
    "operations": {"0-1": "rdb_rb", "0-2": "skip", "0-3": "rdb_srb", "1-2": "none", "1-3": "rdb_lrb", "2-3": "rdb_rb"},
    "attentions": {"0-1": "ca", "0-2": "esa", "1-2": "cea"},
}

EVIDENCE = {"kept": ["a"], "margin": 0.25, "entropy": 0.66, "probabilities": {"a": 0.625, "b": 0.375}}


class TestDiagrams:
    """Figure 4 from a genotype."""

    @pytest.mark.parametrize(
        ("genotype", "edges"),
        [
            (GENOTYPE, {"stem-1", "1-2", "1-3", "2-3", "2-4", "3-4", "2-5", "4-5", "4-6", "5-6"}),
            (OTHER_GENOTYPE, {"stem-1", "1-2", "1-3", "2-3", "1-4", "2-4", "1-5", "3-5", "1-6", "2-6"}),
        ],
    )
    def test_edges_match_the_genotype(self, tmp_path, genotype, edges):
        (tmp_path / "g.json").write_text(json.dumps(genotype))
        png, svg, _ = diagrams.write_diagram(tmp_path / "g.json", tmp_path / "g")
        found = re.findall(r'id="edge-([^"]+)"', svg.read_text(encoding="utf-8"))
        assert sorted(found) == sorted(edges)
        with Image.open(png) as image:
            assert len(np.unique(np.asarray(image.convert("L")))) > 50

    def test_edges_join_the_right_boxes(self):
        with plotting.style():
            axes = diagram_dlsr.draw(dlsr.Genotype(**OTHER_GENOTYPE)).axes[0]
        places = {"stem": 0, **{str(number): number for number in range(1, 7)}}
        arrows = {patch.get_gid(): patch.get_path().get_extents() for patch in axes.patches if patch.get_gid()}
        assert len(arrows) == 10
        for source, target in diagram_dlsr.network_edges(dlsr.Genotype(**OTHER_GENOTYPE)):
            reach = arrows[f"edge-{source}-{target}"]
            assert reach.x0 == pytest.approx(diagram_dlsr.PITCH * places[source], abs=0.6)
            assert reach.x1 == pytest.approx(diagram_dlsr.PITCH * places[target], abs=0.6)

    def test_operations_and_margins_are_named(self):
        odds = {
            "kept": ["conv_1x1"],
            "margin": 0.0312,
            "entropy": 0.67,
            "probabilities": {"conv_1x1": 0.6, "conv_3x3": 0.4},
        }
        forced = {"kept": ["1", "2"], "margin": 0.5, "entropy": 0.69, "probabilities": {"1": 0.5, "2": 0.5}}
        with plotting.style():
            figure = diagram_dlsr.draw(dlsr.Genotype(**GENOTYPE, evidence={"alpha_1": odds, "beta_3": forced}))
        words = [text.get_text() for axes in figure.axes for text in axes.texts]
        assert {"conv 1×1", "separable\nconv 7×7", "separable\nconv 5×5"} <= set(words)
        assert [word for word in words if word.startswith("margin")] == ["margin 0.031"]

    def test_bytes_are_deterministic(self, tmp_path):
        (tmp_path / "g.json").write_text(json.dumps(GENOTYPE))
        first, second = (diagrams.write_diagram(tmp_path / "g.json", tmp_path / name) for name in "ab")
        assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"method": "carn"}, "unknown method 'carn'. Known: dlsr, lads, mran"),
            ({"method": None}, "not a genotype: it names no method"),
            ({"method": "mran"}, "genotype: unknown key 'cell'"),
            ({"cell": ["conv_1x1"]}, "genotype.cell: list should have at least 3 items"),
            ({"inputs": [[1, 2], [2, 4]]}, "inputs.1: cell 4 cannot read cell 4"),
            ({"inputs": [[1, 1]]}, "genotype.inputs.0: reads a cell twice"),
            ({"inputs": [3]}, "genotype.inputs.0: 3: input should be a valid array"),
            ({"evidence": {"alpha_1": EVIDENCE | {"kept": ["c"]}}}, "genotype.evidence.alpha_1: keeps 'c'"),
        ],
    )
    def test_errors(self, tmp_path, change, message):
        (tmp_path / "g.json").write_text(json.dumps({**GENOTYPE, **change}))
        with pytest.raises(UserError, match=re.escape(message)):
            diagrams.write_diagram(tmp_path / "g.json", tmp_path / "g")
        assert not (tmp_path / "g.png").exists()


class TestBlock:
    """MRAN's two graphs."""

    def test_edges_and_their_names(self, tmp_path):
        (tmp_path / "g.json").write_text(json.dumps(MRAN))
        png, svg, _ = diagrams.write_diagram(tmp_path / "g.json", tmp_path / "g")
        found = re.findall(r'id="((?:osb|asb)-[^"]+)"', svg.read_text(encoding="utf-8"))
        expected = {f"osb-{edge}" for edge in MRAN["operations"]} | {f"asb-{edge}" for edge in MRAN["attentions"]}
        assert sorted(found) == sorted(expected)
        with Image.open(png) as image:
            assert len(np.unique(np.asarray(image.convert("L")))) > 50

    def test_edges_join_the_right_nodes(self):
        with plotting.style():
            axes = diagram_mran.draw(mran.Genotype(**MRAN)).axes[0]
        arrows = {patch.get_gid(): patch.get_path().get_extents() for patch in axes.patches if patch.get_gid()}
        assert len(arrows) == 6
        for start, end in diagram_mran.block_edges(MRAN["operations"]):
            reach = arrows[f"osb-{start}-{end}"]
            assert reach.x0 == pytest.approx(diagram_mran.PITCH * start, abs=0.5)
            assert reach.x1 == pytest.approx(diagram_mran.PITCH * end, abs=0.5)

    def test_names_stand_on_their_edges(self):
        with plotting.style():
            above, below = diagram_mran.draw(mran.Genotype(**MRAN)).axes
        words = {text.get_text(): text.get_position() for text in above.texts}
        assert words["skip"] == (diagram_mran.PITCH * 1, diagram_mran.LEVEL)
        assert words["RDB of SRB"] == (diagram_mran.PITCH * 1.5, 2 * diagram_mran.LEVEL)
        assert words["RDB of LRB"] == (diagram_mran.PITCH * 2, -diagram_mran.LEVEL)
        assert words["concat\n0 to 3"]
        assert {"channel", "ESA", "CEA", "RASB(x)"} <= {text.get_text() for text in below.texts}

    def test_only_none_is_dashed(self):
        with plotting.style():
            axes = diagram_mran.draw(mran.Genotype(**MRAN)).axes[0]
        dashed = [patch.get_gid() for patch in axes.patches if patch.get_gid() and patch.get_linestyle() != "-"]
        assert dashed == ["osb-1-2"]

    def test_margins_are_those_of_the_edge(self):
        odds = {"kept": ["esa"], "margin": 0.0312, "entropy": 0.67, "probabilities": {"esa": 0.6, "ca": 0.4}}
        with plotting.style():
            above, below = diagram_mran.draw(mran.Genotype(**MRAN, evidence={"asb_0_2": odds})).axes
        assert [text.get_text() for text in below.texts if "margin" in text.get_text()] == ["margin 0.031"]
        assert not [text for text in above.texts if "margin" in text.get_text()]

    def test_names_do_not_overlap(self):
        with plotting.style():
            figure = diagram_mran.draw(mran.Genotype(**MRAN))
            figure.draw_without_rendering()
            for axes in figure.axes:
                boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
                assert not [1 for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)]

    def test_bytes_are_deterministic(self, tmp_path):
        (tmp_path / "g.json").write_text(json.dumps(MRAN))
        first, second = (diagrams.write_diagram(tmp_path / "g.json", tmp_path / name) for name in "ab")
        assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"operations": {}}, "genotype.operations: dictionary should have at least 1 item"),
            ({"operations": {"1-1": "skip"}}, 'genotype.operations.1-1: "1-1": not an edge from a node to a later one'),
            ({"attentions": {"0-1": 3}}, "genotype.attentions.0-1: 3: input should be a valid string"),
            ({"attentions": {"a-b": "ca"}}, 'genotype.attentions.a-b: "a-b": not an edge'),
        ],
    )
    def test_errors(self, tmp_path, change, message):
        (tmp_path / "g.json").write_text(json.dumps({**MRAN, **change}))
        with pytest.raises(UserError, match=re.escape(message)):
            diagrams.write_diagram(tmp_path / "g.json", tmp_path / "g")


class TestAnyMethod:
    """A method without a diagram of its own."""

    def words(self, genotype: Genotype) -> list[str]:
        with plotting.style():
            (axes,) = diagram.draw(genotype).axes
        return [text.get_text() for text in axes.texts]

    def test_evidence_shows_every_option_with_its_probability(self):
        two = {"kept": ["1", "2"], "margin": 0.1, "entropy": 1.0, "probabilities": {"1": 0.4, "2": 0.35, "3": 0.25}}
        words = self.words(Genotype(method="plain", evidence={"layer_0": EVIDENCE, "inputs": two}))
        words = [word for word in words[1:-1] if word]
        assert words[:6] == ["layer_0", "margin 0.250", "a", "0.625", "b", "0.375"]
        assert words[6:] == ["inputs", "margin 0.100", "1", "0.400", "2", "0.350", "3", "0.250"]

    def test_without_evidence_the_genotypes_own_keys_are_shown(self):
        choices = {choice.name: choice.kept for choice in diagram.choices(dlsr.Genotype(**GENOTYPE))}
        cell = {f"cell {index}": (name,) for index, name in enumerate(GENOTYPE["cell"], 1)}
        inputs = {f"inputs {index}": tuple(map(str, pair)) for index, pair in enumerate(GENOTYPE["inputs"], 1)}
        assert choices == cell | inputs
        edges = {choice.name: choice.kept for choice in diagram.choices(mran.Genotype(**MRAN))}
        assert edges["operations 0-1"] == ("rdb_rb",)
        assert set(edges) <= set(self.words(mran.Genotype(**MRAN)))

    def test_every_word_lies_on_the_paper(self):
        options = {f"{'long_name_' * 3}{index}": 0.05 for index in range(12)}
        decision = {"kept": list(options)[:2], "margin": 0.25, "entropy": 0.6, "probabilities": options}
        evidence = {f"edge_{index}": decision for index in range(6)}
        with plotting.style():
            figure = diagram.draw(Genotype(method="plain", evidence=evidence))
            figure.draw_without_rendering()
            boxes = [text.get_window_extent() for text in figure.axes[0].texts]
        width, height = figure.get_size_inches() * figure.dpi
        assert all(box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height for box in boxes)

    def test_it_is_drawn_for_a_method_without_a_diagram(self, tmp_path, monkeypatch):
        monkeypatch.setattr(diagrams, "method_module", lambda method, part: None)
        (tmp_path / "g.json").write_text(json.dumps({**GENOTYPE, "evidence": {"alpha_1": EVIDENCE}}))
        for path in diagrams.write_diagram(tmp_path / "g.json", tmp_path / "g"):
            assert path.stat().st_size > 1000


def test_a_plain_chain_is_drawn_as_its_cell():
    with plotting.style():
        (axes,) = diagram_dlsr.draw(dlsr.Genotype(**GENOTYPE | {"inputs": []})).axes
    assert axes.get_title(loc="left") == "(b) cell"
