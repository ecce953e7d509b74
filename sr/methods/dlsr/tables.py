"""DLSR's tables: Huang et al. 2021, arXiv:2105.03939v1."""

from sr.methods.dlsr.deviations import DEVIATIONS
from sr.methods.spec import FigureSpec, PanelSpec, Paper, TableSpec, Unprinted

CITATION = (
    "H. Huang, L. Shen, C. He, W. Dong, H. Huang, G. Shi: Lightweight Image Super-Resolution with Hierarchical "
    "and Differentiable Neural Architecture Search. 2021. arXiv:2105.03939v1 (a later version has another title and "
    "other authors)"
)
REMARKS = (
    (
        "Border crop of the paper",
        "4 pixels: the authors' released ×2 weights give the printed Set14 33.67 with it and 33.63 with 2 pixels "
        "(B100: 32.21 and 32.23).",
    ),
    (
        "Mult-Adds of the paper",
        "68.1 / 30.9 / 17.9 G at ×2 / ×3 / ×4 is what the package thop counts for its network: Conv2d with biases, and "
        "one operation for each value of a LeakyReLU. Conv2d weights alone give 67.3 / 30.5 / 17.7 G.",
    ),
)

OPERATIONS = TableSpec(
    method="dlsr",
    name="dlsr_table1",
    number="1",
    title="Params and Mult-Adds of the candidate operations",
    kind="operations",
    columns=("params_k", "mult_adds_g"),
    remarks=(("Convention", "50 channels, no bias, ×2, 1280×720 output: each weight is used 640×360 times."),),
)
COMPARISON = TableSpec(
    method="dlsr",
    name="dlsr_table2",
    number="2",
    title="comparison with published light networks",
    scales=(2, 3, 4),
    own={"DLSR": "dlsr"},
    main=True,
)
SMALL = TableSpec(
    method="dlsr",
    name="dlsr_table3",
    number="3",
    title="the small network DLSR-S and TPSR-NOGAN",
    scales=(2, 4),
    own={"DLSR-S": "dlsr_s"},
    above=(("DLSR-S", "TPSR-NOGAN"),),
    remarks=(
        (
            "Released small network",
            "The authors' own ×2 checkpoint of 18 channels has 56,268 parameters (12.07 G) and gives Set5 37.71 / "
            "0.9595, Set14 33.26 / 0.9151, B100 31.97 / 0.8974 with a border crop of 2 pixels.",
        ),
    ),
)
COSTS = TableSpec(
    method="dlsr",
    name="dlsr_table4",
    number="4",
    title="cost of the search",
    kind="costs",
    own={"DLSR": "dlsr"},
    columns=("gpu_days", "cpu_hours"),
    remarks=(
        ("Budget of the paper", "200,000 steps of 64 patches, 64 pixels a side in HR, on one NVIDIA Tesla V100."),
        (
            "Units",
            "A GPU day is one GPU for 24 hours. A CPU hour is one thread for one hour; it has no rate of exchange with "
            "a GPU day, so only runs on a GPU get a difference.",
        ),
    ),
)
NETWORK_LEVEL = TableSpec(
    method="dlsr",
    name="dlsr_table5",
    number="5",
    title="without (DLSR-B) and with (DLSR) searched connections between cells",
    scales=(2, 4),
    own={"DLSR-B": "dlsr_b", "DLSR": "dlsr"},
    better=(("DLSR", "DLSR-B"),),
)
LOSSES = TableSpec(
    method="dlsr",
    name="dlsr_table6",
    number="6",
    title="losses of search and retraining",
    scales=(2,),
    own={"DLSR-L1": "dlsr_l1", "DLSR-HFEN": "dlsr_hfen", "DLSR": "dlsr"},
    better=(("DLSR", "DLSR-L1"), ("DLSR", "DLSR-HFEN"), ("DLSR-HFEN", "DLSR-L1")),
    remarks=(
        (
            "Losses",
            "DLSR-L1: L1 alone; DLSR-HFEN: L1 and HFEN; DLSR: L1, HFEN and, in the search, the number of parameters.",
        ),
    ),
)
SEEDS = TableSpec(
    method="dlsr",
    name="dlsr_table7",
    number="7",
    title="searches from different random seeds",
    scales=(2,),
    # The paper's a, b, c are its own three seeds: no partners row by row, only as a mean. Ours come from the run.
    own={"search 1": "dlsr"},
    spread="mean",
    remarks=(
        (
            "Spread",
            "s is the standard deviation over n searches, with n − 1 in the denominator. The paper prints no mean: "
            "it is taken here from its printed rows.",
        ),
    ),
)

PAPER = Paper(
    method="dlsr",
    name="DLSR",
    citation=CITATION,
    deviations=DEVIATIONS,
    # The authors' released weights give the printed numbers with this crop only, and thop, which their test script
    # imports, the printed Mult-Adds.
    crop_border=4,
    counter="thop",
    figure=FigureSpec(table="2", test_set="Set5", scale=4),
    remarks=REMARKS,
    tables=(OPERATIONS, COMPARISON, SMALL, COSTS, NETWORK_LEVEL, LOSSES, SEEDS),
    panels=(
        PanelSpec("dlsr", "dlsr_visual_x2", "Figure 5: x2", 2, {"DLSR": "dlsr"}),
        PanelSpec("dlsr", "dlsr_visual_x4", "Figures 6, 8 and 9: x4", 4, {"DLSR-S": "dlsr_s", "DLSR": "dlsr"}),
        PanelSpec(
            "dlsr",
            "dlsr_visual_losses",
            "Figure 7: losses of search and retraining, x2",
            2,
            {"DLSR-L1": "dlsr_l1", "DLSR-HFEN": "dlsr_hfen", "DLSR": "dlsr"},
            main=False,
        ),
    ),
    unprinted=(
        Unprinted(table="7", label="DLSR-a", model="dlsr", scale=2),
        Unprinted(table="7", label="DLSR-c", model="dlsr", scale=2),
        # "Coincidentally, the DLSR-B has the same numbers of parameters and Multi-Adds as DLSR" (section 4.5).
        Unprinted(table="5", label="DLSR-B", model="dlsr_b", scale=2, like="DLSR"),
    ),
)
