"""MRAN's tables: Liao et al. 2021, and the fit of the sizes that its text leaves open."""

from sr.methods.spec import FigureSpec, PanelSpec, Paper, TableSpec

CITATION = (
    "W. Liao, Z.-Q. Zhao, H. Shen, W. Tian: Residual Attention Block Search for Lightweight Image "
    "Super-Resolution. IEEE International Conference on Multimedia and Expo (ICME), 2021"
)
DEVIATIONS = (
    "The searched block is only in a figure. The genotype in data/genotypes is fitted, not published: of all, the one "
    "whose Params and Mult-Adds meet Tables 1 to 4 best (within 1.1 %). Counts cannot tell which edge has which "
    "candidate; the heavier ones are put on the shorter edges.",
    "Sizes that the text leaves open meet the published Params to about 1 %: 4 nodes in OSB and in ASB; a 1x1 "
    "convolution in front of the hand-made blocks too; channel attention with reduction 8; the last convolution 1x1 "
    "behind CSRM and 3x3 without it; x4 as two x2 stages.",
    "The mask of eq. 5 is a quarter of the channels, drawn once for each edge and the same in all blocks; PC-DARTS "
    "takes the first quarter and shuffles. Its edge normalisation is not in the paper's equations and is left out.",
    "A lightweight residual block is a 3x3 in two groups, ReLU and 1x1; LESRCNN's 3x3 has no groups, but Table 1's "
    "All-LRB asks for them.",
    "CEA is MAFFSRN's pixel-wise gate (1x1, depthwise 5x5) without its coarse branch, an ESA of its own: with that, "
    "no genotype meets both Params and Mult-Adds of Table 4.",
    "SAM has no BatchNorm. RB-SA stays 0.9 % below Table 2, whose 7 K more than RB are not SAM's 98 a block.",
    "An edge whose operation is `none` still passes the channels that are not sampled (eq. 5), and node 0 is among "
    "OSB's outputs; so only a block with `none` on every edge is refused.",
    "No residual from the first convolution to the upsampler: the text names none.",
    "An epoch is one patch of every training image, 50 steps of 16; the text does not say.",
    "x3 and x4 start from the weights of x2, as in DLSR; the text does not say. The models of Tables 1 to 3 are "
    "trained at x4 from scratch.",
)
REMARKS = (
    (
        "Sizes",
        "No code was released and some sizes are inferred from the printed numbers of parameters; the table "
        "mran_calibration shows how well they fit.",
    ),
)
ABLATION = ("params_k", "psnr")
ABLATION_REMARKS = (
    ("Training of the paper", "500 epochs on DIV2K, the best result among them."),
    (
        "Blocks",
        "where a model's network.block names a hand-made part, that part replaces the genotype's.",
    ),
)

OPERATIONS = TableSpec(
    method="mran",
    name="mran_table1",
    number="1",
    title="the searched operations (MRB) and one operation on all edges",
    scales=(4,),
    own={"All-RB": "mran_all_rb", "All-LRB": "mran_all_lrb", "All-SRB": "mran_all_srb", "MRB": "mran_mrb"},
    columns=ABLATION,
    remarks=ABLATION_REMARKS,
    better=(("MRB", "All-RB"), ("MRB", "All-LRB"), ("MRB", "All-SRB")),
)
ATTENTIONS = TableSpec(
    method="mran",
    name="mran_table2",
    number="2",
    title="the searched attention (RB-MA) and single attentions behind a residual block",
    scales=(4,),
    own={
        "RB": "mran_rb",
        "RB-CA": "mran_rb_ca",
        "RB-SA": "mran_rb_sa",
        "RB-PA": "mran_rb_pa",
        "RB-MA": "mran_rb_ma",
    },
    columns=ABLATION,
    remarks=ABLATION_REMARKS,
    better=tuple(("RB-MA", other) for other in ("RB", "RB-CA", "RB-SA", "RB-PA")),
)
MODULES = TableSpec(
    method="mran",
    name="mran_table3",
    number="3",
    title="the searched block (MRAB) and the refinement module (CSRM)",
    scales=(4,),
    own={"RB": "mran_rb", "MRAB": "mran_mrab", "RB + CSRM": "mran_rb_csrm", "MRAB + CSRM": "mran_mrab_csrm"},
    columns=ABLATION,
    remarks=ABLATION_REMARKS,
    better=(("MRAB", "RB"), ("RB + CSRM", "RB"), ("MRAB + CSRM", "MRAB")),
)
COMPARISON = TableSpec(
    method="mran",
    name="mran_table4",
    number="4",
    title="comparison with published light networks",
    scales=(2, 3, 4),
    own={"MRAN": "mran"},
    main=True,
)
SEEDS = TableSpec(
    method="mran",
    name="mran_seeds",
    title="searches from different random seeds",
    scales=(2,),
    own={"search 1": "mran"},
    spread="mean",
    remarks=(
        (
            "Spread",
            "s is the standard deviation over n searches, with n − 1 in the denominator. The paper has one search.",
        ),
    ),
)
CALIBRATION = TableSpec(
    method="mran",
    name="mran_calibration",
    title="Params and Mult-Adds of Tables 1 to 4 and of the networks here at the paper's sizes",
    kind="reference",
    columns=("params_k", "mult_adds_g"),
    remarks=(("Rounding", "The paper prints whole thousands of parameters: up to 0.5 K may be its rounding."),),
)

PAPER = Paper(
    method="mran",
    name="MRAN",
    citation=CITATION,
    deviations=DEVIATIONS,
    figure=FigureSpec(table="4", test_set="B100", scale=2),
    remarks=REMARKS,
    tables=(OPERATIONS, ATTENTIONS, MODULES, COMPARISON, SEEDS, CALIBRATION),
    panels=(PanelSpec("mran", "mran_visual_x4", "Figure 5: x4", 4, {"DLSR": "dlsr", "RB": "mran_rb", "MRAN": "mran"}),),
    unreleased="the authors released no weights",
)
