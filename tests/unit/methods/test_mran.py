"""MRAN: counts of the paper's tables, block definitions, the equations, and genotypes that cannot be built."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from sr.core import config
from sr.core.errors import UserError
from sr.core.sections import Adam, PatchPerScale, Schedule, StepsPerScale
from sr.core.yaml_files import read_yaml
from sr.evaluate.complexity import mult_adds, parameters
from sr.evaluate.inference import super_resolve
from sr.evaluate.network_counts import network_counts
from sr.evaluate.output_size import lr_size
from sr.evaluate.tiling import halo_of
from sr.methods.mran.blocks import CSRM, Graph, Sampled, edges
from sr.methods.mran.network import ATTENTIONS, BLOCKS, METHOD, PRIMITIVES, Network
from sr.nas.genotype import check_genotype, read_genotype
from sr.ops.attention import CA, CEA, ESA, PA, SAM
from sr.ops.residual import LRB, RB, RDB, SRB
from tests.conftest import REPO

PUBLISHED = read_genotype(REPO / "data" / "genotypes" / "mran.json", METHOD.genotype_type)
PAPER = Network(
    channels=64, sampling=4, search_blocks=4, blocks=5, osb_nodes=4, asb_nodes=4, csrm=True, block="mrab", pixel_range=1
)
SEARCHED = PAPER.replace(blocks=4, csrm=False)
SMALL = Network(
    channels=16, sampling=4, search_blocks=2, blocks=2, osb_nodes=4, asb_nodes=4, csrm=True, block="mrab", pixel_range=1
)


def count(network: Network, scale: int = 4) -> int:
    with torch.device("meta"):
        return parameters(METHOD.network(PUBLISHED, network, scale))


@pytest.mark.parametrize(
    ("block", "csrm", "kilo"),
    [
        # Table 1.
        ("all_rb", False, 631),
        ("all_lrb", False, 484),
        ("all_srb", False, 520),
        ("mrb", False, 588),
        # Table 2.
        ("rb", False, 610),
        ("rb_ca", False, 615),
        ("rb_sa", False, 617),
        ("rb_pa", False, 627),
        ("rb_ma", False, 651),
        # Table 3.
        ("mrab", False, 629),
        ("rb", True, 411),
        ("mrab", True, 430),
    ],
)
def test_tables_1_to_3(block: str, csrm: bool, kilo: int) -> None:
    assert count(SEARCHED.replace(block=block, csrm=csrm)) == pytest.approx(kilo * 1000, rel=0.011)


def test_table_4() -> None:
    """Params 476 / 522 / 513 K, Mult-Adds 108.4 / - / 35.6 G; the upsamplers' differences 46 K and 37 K are exact."""
    counts = network_counts(lambda scale: METHOD.network(PUBLISHED, PAPER, scale), [2, 3, 4])
    params = [counts[s].params for s in "234"]
    assert params == [476_755, 522_995, 513_747]
    assert [round((n - params[0]) / 1000) for n in params[1:]] == [46, 37]
    assert [round(counts[s].mult_adds / 1e9, 3) for s in "24"] == [108.454, 35.673]
    assert params == pytest.approx([476e3, 522e3, 513e3], rel=0.002)


def sizes(candidates: dict, channels: int, kinds: list[tuple[str, ...]]) -> np.ndarray:
    """Return (params, Mult-Adds at x2, at x4) of each multiset of candidates: (multisets, 3)."""
    with torch.device("meta"):
        made = {name: nn.Sequential(nn.Conv2d(3, channels, 1), make(channels)) for name, make in candidates.items()}
        first = nn.Sequential(nn.Conv2d(3, channels, 1))

    def facts(network: nn.Module) -> np.ndarray:
        return np.array([parameters(network), mult_adds(network, 2), mult_adds(network, 4)], float)

    each = {name: facts(network) - facts(first) for name, network in made.items()}
    return np.array([sum(each[name] for name in multiset) for multiset in kinds])


def test_no_other_genotype_meets_the_tables_better() -> None:
    """The fit: all multisets of candidates against Tables 1 to 4; the smallest mean squared relative error."""
    operations, attentions = (list(combinations_with_replacement(c, 6)) for c in (PRIMITIVES, ATTENTIONS))
    mine = [tuple(sorted(getattr(PUBLISHED, part).values())) for part in ("operations", "attentions")]
    at = [[tuple(sorted(m)) for m in kinds].index(own) for kinds, own in ((operations, mine[0]), (attentions, mine[1]))]
    op, gate = sizes(PRIMITIVES, 16, operations)[:, None], sizes(ATTENTIONS, 64, attentions)[None]
    op, gate = op - op[at[0]], gate - gate[:, at[1]]
    both = op + gate
    ours = network_counts(lambda scale: METHOD.network(PUBLISHED, PAPER, scale), [2, 3, 4])
    predicted = [(count(SEARCHED.replace(block="mrb")) + 4 * op[..., 0], 588e3)]
    predicted += [(count(SEARCHED.replace(block="rb_ma")) + 4 * gate[..., 0], 651e3)]
    predicted += [(count(SEARCHED) + 4 * both[..., 0], 629e3)]
    predicted += [(count(SEARCHED.replace(csrm=True)) + 4 * both[..., 0], 430e3)]
    table_4 = {"2": 476e3, "3": 522e3, "4": 513e3}
    predicted += [(ours[s].params + 5 * both[..., 0], kilo) for s, kilo in table_4.items()]
    predicted += [
        (ours["2"].mult_adds + 5 * both[..., 1], 108.4e9),
        (ours["4"].mult_adds + 5 * both[..., 2], 35.6e9),
    ]
    errors = sum((ours / published - 1) ** 2 for ours, published in predicted)
    assert np.unravel_index(errors.argmin(), errors.shape) == tuple(at)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_mult_adds_agree_with_torchs_flop_counter(scale: int) -> None:
    with torch.device("meta"):
        network = METHOD.network(PUBLISHED, PAPER, scale)
        width, height = lr_size(scale)
        with FlopCounterMode(display=False) as counter:
            network(torch.empty(1, 3, height, width))
    assert counter.get_total_flops() == 2 * mult_adds(network, scale)


@pytest.mark.parametrize(
    ("make", "channels", "expected"),
    [
        (RB, 16, 4640),
        (SRB, 16, 2320),
        (LRB, 16, 1440),
        (PRIMITIVES["rdb_rb"], 16, 2 * 4640 + 528 + 784),
        (PRIMITIVES["rdb_srb"], 16, 2 * 2320 + 528 + 784),
        (PRIMITIVES["rdb_lrb"], 16, 2 * 1440 + 528 + 784),
        (PRIMITIVES["skip"], 16, 0),
        (PRIMITIVES["none"], 16, 0),
        (CA, 64, 2 * 64 * 8 + 8 + 64),
        (SAM, 64, 98),
        (ATTENTIONS["esa"], 48, 6600),
        (CEA, 64, 64 * 64 + 64 + 25 * 64 + 64),
        (PA, 64, 64 * 64 + 64),
        (CSRM, 64, 2080 + 13888 + 5696 + 4 * 292),
    ],
)
def test_sizes_of_the_blocks(make, channels: int, expected: int) -> None:
    assert parameters(nn.Sequential(make(channels))) == expected


def test_blocks_compute_their_formulas() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 16, 9, 11)
    rb, srb, lrb, rdb, sam, ca, pa, cea = (m(16) for m in (RB, SRB, LRB, PRIMITIVES["rdb_rb"], SAM, CA, PA, CEA))
    torch.testing.assert_close(rb(x), rb.second(rb.first(x).relu()) + x)
    torch.testing.assert_close(srb(x), F.leaky_relu(srb.conv(x) + x, 0.05))
    torch.testing.assert_close(lrb(x), lrb.mix(lrb.grouped(x).relu()) + x)
    assert isinstance(rdb, RDB)
    u1 = rdb.first(x)
    u2 = rdb.second(rdb.reduce(torch.cat([x, u1], 1)))
    torch.testing.assert_close(rdb(x), rdb.fuse(torch.cat([x, u1, u2], 1)) + x)
    maps = torch.cat([x.max(1, keepdim=True).values, x.mean(1, keepdim=True)], 1)
    torch.testing.assert_close(sam(x), x * sam.conv(maps).sigmoid())
    torch.testing.assert_close(pa(x), x * pa.gate(x).sigmoid())
    torch.testing.assert_close(cea(x), x * cea.depthwise(cea.mix(x)).sigmoid())
    mean = x.mean(3, keepdim=True).mean(2, keepdim=True)
    torch.testing.assert_close(ca(x), x * ca.expand(ca.squeeze(mean).relu()).sigmoid())
    assert not PRIMITIVES["none"](16)(x).any()
    assert PRIMITIVES["skip"](16)(x) is x


def test_csrm_is_equations_8_to_11() -> None:
    torch.manual_seed(0)
    csrm, features = CSRM(32), torch.randn(1, 32, 9, 9)
    x = csrm.reduce(features)
    x1_up = csrm.pa_up(x) + csrm.ca_1(x)
    x1 = csrm.ca_1_up(csrm.pa_up(x)) + x
    x2_up = csrm.ca_2(csrm.pa(x1)) + x1_up
    x2 = csrm.ca_2_up(x1_up) + csrm.pa(x1)
    torch.testing.assert_close(csrm(features), x2_up + x2)
    assert csrm(features).shape == (1, 16, 9, 9)


def test_channels_that_are_not_sampled_pass_unchanged() -> None:
    """Eq. 5: Concat((1 - M) S, OP(M S)), on a mask that an edge always has."""
    x = torch.randn(2, 16, 5, 5)
    edge = Sampled(16, 4, "1-2", PRIMITIVES["none"](4))
    kept, chosen = edge.remaining.tolist(), edge.selected.tolist()
    assert sorted(kept + chosen) == list(range(16))
    assert len(chosen) == 4
    torch.testing.assert_close(edge(x)[:, :12], x[:, kept], rtol=0, atol=0)
    assert not edge(x)[:, 12:].any()
    same = Sampled(16, 4, "1-2", PRIMITIVES["skip"](4))
    torch.testing.assert_close(same(x)[:, 12:], x[:, chosen], rtol=0, atol=0)
    masks = {tuple(Sampled(64, 4, name, nn.Identity()).selected.tolist()) for name in edges(4)}
    assert len(masks) == 6


def test_a_node_is_the_sum_over_all_earlier_nodes() -> None:
    """Eq. 4 and 7, with edges that multiply by i + 2 j."""

    class Times(nn.Module):
        def __init__(self, edge: str) -> None:
            super().__init__()
            self.factor = int(edge[0]) + 2 * int(edge[2])

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.factor * x

    one, two, three = 2, 4 + 5 * 2, 6 + 7 * 2 + 8 * 14
    assert [float(s) for s in Graph(4, Times)(torch.ones(()))] == [1, one, two, three]


def test_the_search_starts_from_all_candidates_on_all_edges() -> None:
    found = METHOD.choices(PAPER)
    assert list(found) == [f"{part}_{e.replace('-', '_')}" for part in ("osb", "asb") for e in edges(4)]
    assert {c.options for c in found.values()} == {tuple(PRIMITIVES), tuple(ATTENTIONS)}
    supernet = METHOD.supernet(SMALL, 2)
    sizes_at_4 = [parameters(nn.Sequential(make(4))) for make in PRIMITIVES.values()]
    assert supernet.shares_osb[0].item() == pytest.approx(sizes_at_4[0] / sum(sizes_at_4))
    assert supernet.parameter_loss().item() == pytest.approx(12 / 5, rel=0.01)


def test_a_block_with_nothing_in_it_is_refused() -> None:
    kept = {name: [c.options[-1]] for name, c in METHOD.choices(SMALL).items()}
    with pytest.raises(UserError, match="genotype operations: every edge is none, so no operation reads the block's"):
        METHOD.derive(kept)
    dead = PUBLISHED.replace(operations=dict.fromkeys(edges(4), "none"))
    with pytest.raises(UserError, match="every edge is none"):
        METHOD.network(dead, SMALL, 2)
    alive = METHOD.derive(kept | {"osb_1_2": ["rdb_lrb"]})
    network, image = METHOD.network(alive, SMALL, 2), torch.rand(1, 3, 16, 16, requires_grad=True)
    assert torch.autograd.grad(network.blocks[0].operation(network.stem(image)).sum(), image)[0].abs().sum() > 0


@pytest.mark.parametrize("block", BLOCKS)
def test_a_variant_uses_only_its_part_of_the_genotype(block: str) -> None:
    uses = {"mrab": {"operations", "attentions"}, "mrb": {"operations"}, "rb_ma": {"attentions"}}.get(block, set())
    network = SMALL.replace(block=block)
    for part in ("operations", "attentions"):
        short = PUBLISHED.replace(**{part: {"0-1": "skip"}})
        if part in uses:
            with pytest.raises(
                UserError, match=rf"genotype {part}: edges 0-1, but network\..sb_nodes 4 asks for 0-1, "
            ):
                METHOD.network(short, network, 2)
        else:
            METHOD.network(short, network, 2)
    image = torch.rand(1, 3, 15, 17) * 255
    assert METHOD.network(PUBLISHED, network, 3)(image).shape == (1, 3, 45, 51)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"operations": {"0-1": "conv_3x3"}},
            'operations.0-1: "conv_3x3": unknown operation. Choose from rdb_rb, rdb_srb',
        ),
        (
            {"attentions": {"0-1": "none"}},
            'attentions.0-1: "none": unknown operation. Choose from ca, sam, esa, cea, skip',
        ),
        ({"operations": {"first": "skip"}}, 'operations.first: "first": not an edge from a node to a later one'),
        ({"operations": {"1-1": "skip"}}, 'operations.1-1: "1-1": not an edge from a node to a later one'),
        ({"operations": {}}, "operations: dictionary should have at least 1 item"),
        ({"method": "dlsr"}, "method: 'dlsr'. Use a genotype of 'mran'"),
        ({"cell": []}, "unknown key 'cell'"),
    ],
)
def test_a_wrong_genotype_is_refused(change: dict, message: str) -> None:
    with pytest.raises(UserError, match=f"g.json: genotype.*{message}"):
        check_genotype(PUBLISHED.without_evidence() | change, METHOD.genotype_type, "g.json")


def test_no_release_is_known() -> None:
    assert METHOD.release({"conv.weight": torch.zeros(1)}) is None


ALL_KINDS = PUBLISHED.replace(attentions=dict(zip(edges(4), ("ca", "sam", "esa", "cea", "skip", "esa"), strict=True)))


def sharp(scale: int) -> nn.Module:
    """Return a network whose gates and output really vary with what is far away."""
    torch.manual_seed(scale)
    network = METHOD.network(ALL_KINDS, SMALL, scale).eval()
    for module in network.modules():
        if isinstance(module, CA):
            module.squeeze.weight.data *= 20
            module.expand.weight.data *= 10
        if isinstance(module, ESA):
            for conv in (*module.coarse, module.expand):
                conv.weight.data *= 12
    with torch.no_grad():
        spread = network(torch.rand(1, 3, 40, 40) * 255).std().item()
        network.last.weight *= 60 / spread
        network.last.bias.fill_(128 / 255)
    return network


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_tiles_give_the_same_result_as_the_whole_image(photo: np.ndarray, scale: int) -> None:
    model, image = sharp(scale), photo[:131, :140]
    whole, tiled = super_resolve(model, image, scale), super_resolve(model, image, scale, tile=48)
    difference = np.abs(whole.astype(int) - tiled)
    assert whole.std() > 10
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


def test_tiles_on_their_own_would_differ() -> None:
    """What lies beyond every halo matters: through the global mean of CA and the coarse grid of ESA."""
    model = sharp(2)
    far = halo_of(model)
    image = np.full((60, 2 * far + 100, 3), 40, np.uint8)
    image[:, far + 50 :] = 230
    whole = super_resolve(model, image, 2).astype(int)
    alone = super_resolve(model, image[:, : far + 20], 2).astype(int)
    assert np.abs(alone[:, :40] - whole[:, :40]).max() > 10


def test_paper_preset_holds_the_published_numbers() -> None:
    """Section 4.1 and the captions of Tables 1 to 3."""
    raw = read_yaml(REPO / "workflow" / "presets" / "paper.yaml") | {"methods": ["mran"]}
    models = config.check(raw).models
    mran = models["mran"]
    assert mran.network == PAPER
    assert mran.train == ["DIV2K", "DIV2K_valid"]
    assert (mran.search.steps, mran.search.warmup_steps, mran.search.batch, mran.search.hr_patch) == (5000, 0, 16, 128)
    assert mran.search.theta == mran.search.arch == Adam(lr=1e-4, beta1=0.9, beta2=0.999, weight_decay=1e-4)
    assert (mran.search.lambda_train, mran.search.lambda_val, mran.search.mu_hfen, mran.search.gamma_params) == (
        0,
        1,
        0,
        0,
    )
    assert (mran.search.validation_images, mran.retrain.leave_out) == (100, 100)
    assert mran.retrain.steps == StepsPerScale(x2=50_000, x3=50_000, x4=50_000)
    assert mran.retrain.hr_patch == PatchPerScale(x2=128, x3=192, x4=256)
    assert mran.retrain.lr_schedule == Schedule(kind="halve", warmup=0, every=10_000)
    assert {models[f"mran_{block}"].network.block for block in BLOCKS} == set(BLOCKS)
    tables = [model for name, model in models.items() if name != "mran"]
    assert len(tables) == 12
    for model in tables:
        assert (model.scales, model.genotype_of, model.network.blocks) == ([4], "mran", 4)
        assert model.retrain.steps.x4 == 25_000
        searched = model.network.block in ("mrb", "rb_ma", "mrab")
        assert model.retrain.genotype == ("searched" if searched else "fitted")
