"""MRAN's tables: Liao et al. 2021, and the fit of the sizes that its text leaves open."""

from sr.methods.mran.deviations import DEVIATIONS
from sr.methods.spec import FigureSpec, PanelSpec, Paper, TableSpec

CITATION = (
    "W. Liao, Z.-Q. Zhao, H. Shen, W. Tian: Residual Attention Block Search for Lightweight Image "
    "Super-Resolution. IEEE International Conference on Multimedia and Expo (ICME), 2021"
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
    better=(
        *(("RB-MA", other) for other in ("RB", "RB-CA", "RB-SA", "RB-PA")),
        *((other, "RB") for other in ("RB-CA", "RB-SA", "RB-PA")),
    ),
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
    better=(("MRAB", "RB"), ("RB + CSRM", "RB"), ("MRAB + CSRM", "MRAB"), ("MRAB + CSRM", "RB + CSRM")),
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
    fitted=True,
    figure=FigureSpec(table="4", test_set="B100", scale=2),
    remarks=REMARKS,
    tables=(OPERATIONS, ATTENTIONS, MODULES, COMPARISON, SEEDS, CALIBRATION),
    panels=(PanelSpec("mran", "mran_visual_x4", "Figure 5: x4", 4, {"DLSR": "dlsr", "RB": "mran_rb", "MRAN": "mran"}),),
    unreleased="the authors released no weights",
)
