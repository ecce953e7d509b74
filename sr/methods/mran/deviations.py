"""Differences between MRAN's text and this project; no code was released. Needs only the standard library."""

from sr.methods.spec import Deviation


def _here(paper: str, here: str, effect: str, switch: str = "") -> Deviation:
    return Deviation(paper=paper, release="", here=here, effect=effect, switch=switch)


DEVIATIONS = (
    _here(
        "The searched block is only in a figure.",
        "data/genotypes/mran.json is fitted: of all genotypes the one whose Params and Mult-Adds meet Tables 1 to 4 "
        "best (within 1.1 %), heavier candidates on shorter edges.",
        "Meeting the printed sizes is no evidence; counts cannot tell which edge has which candidate.",
        "retrain.genotype",
    ),
    _here(
        "Sizes of some parts not stated.",
        "Fitted to the printed Params: 4 nodes in OSB and ASB; a 1x1 convolution before the hand-made blocks; channel "
        "attention with reduction 8; the last convolution 1x1 behind CSRM, else 3x3; ×4 as two ×2 stages.",
        "About 1 % of the whole network; MA alone is 14 % above its printed share.",
        "network.osb_nodes, network.asb_nodes",
    ),
    _here(
        "Eq. 5: which channels pass the operations is not stated.",
        "A quarter of the channels, drawn once for each edge, the same in all blocks: each edge permutes its channels.",
        "`skip` is no identity and node sums add unaligned channels; PC-DARTS takes the first quarter and shuffles all "
        "edges alike.",
        "network.sampling",
    ),
    _here("PC-DARTS is cited.", "Its edge normalisation is not in the equations and is left out.", "Unknown."),
    _here(
        "LRB: lightweight residual block.",
        "A 3x3 in two groups, ReLU and 1x1, as Table 1's All-LRB asks for; LESRCNN's 3x3 has no groups.",
        "On the printed sizes only.",
    ),
    _here(
        "CEA cites MAFFSRN.",
        "Its pixel-wise gate (1x1, depthwise 5x5) without the coarse branch, an ESA of its own.",
        "With that branch no genotype meets Table 4's sizes.",
    ),
    _here("SAM: BatchNorm not mentioned.", "No BatchNorm.", "RB-SA stays 0.9 % below Table 2's Params."),
    _here("CSRM: its pixel attention is not given a form.", "Pixel attention in two groups.", "On the sizes only."),
    _here("RDB: its inner convolution is not given a size.", "1x1 inside.", "On the sizes only."),
    _here(
        "RB-PA's form not stated.",
        "A 1x1 gate behind the residual block.",
        "Tables 1 and 2 print the same four values for All-RB and RB-PA: one is a copy.",
    ),
    _here(
        "`none` on an edge.",
        "The channels that are not sampled still pass (eq. 5), and node 0 is among OSB's outputs; only a block with "
        "`none` on every edge is refused.",
        "Short searches may collapse to `skip` and `none`: there is no warm-up.",
        "search.warmup_steps",
    ),
    _here("Residual to the upsampler: none named.", "None.", "Unknown."),
    _here(
        "Length of an epoch not stated.",
        "One patch of every training image: 50 steps of 16 in the search.",
        "5,000 steps at 1e-4 move a logit by at most about 0.5; EDSR's 1,000 batches an epoch give 100,000 steps.",
        "search.steps",
    ),
    _here(
        "“We record the best results … in 500 epochs.”",
        "The last step: no selection on a test set.",
        "Lower here, by as much as selection on the test set adds.",
        "retrain.keep: best_on_Set5",
    ),
    _here(
        "Weight decay is stated for the search.",
        "The same 1e-4 in retraining; with pixel_range 1 it acts on weights 255 times as large as on 0..1 losses.",
        "Weight decay has 1/255 of its effect on 0..1.",
        "retrain.weight_decay",
    ),
    _here(
        "Start of ×3 and ×4 not stated.",
        "From the weights of ×2, as in DLSR; the models of Tables 1 to 3 are trained at ×4 from scratch.",
        "Better ×3 and ×4 at equal steps.",
    ),
    _here(
        "Border crop not stated; the table copies rows that crop `scale`.",
        "Claims are judged at a crop of `scale`; other crops are shown beside.",
        "Crop 4 instead of 2 moves Set14 ×2 by 0.04 dB, the size of MRAN's claims.",
        "evaluate.crop_border",
    ),
    _here("Patches of an epoch.", "Drawn with replacement.", "None expected."),
)
