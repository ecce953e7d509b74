"""Differences between DLSR's text, the authors' release and this project. Needs only the standard library."""

from sr.methods.spec import Deviation

DEVIATIONS = (
    Deviation(
        paper="Figure 2: ReLU.",
        release="LeakyReLU with slope 0.05.",
        here="LeakyReLU with slope 0.05.",
        effect="None against the released weights; small for a new training.",
    ),
    Deviation(
        paper="Eq. 9 and 10: L_P, the expected number of parameters, acts on alpha with the weight gamma.",
        release="L_P passes through .data.cpu().numpy(): no gradient reaches alpha; the weight is 1.",
        here="Summed over the cell's three mixed layers, with gamma; its gradient acts.",
        effect="Lighter operations win; at uniform alpha the gradient is as large as that of the reconstruction.",
        switch="search.params_loss: released",
    ),
    Deviation(
        paper="Eq. 10: HFEN as printed.",
        release="Each filtered map is divided by its own maximum; the Laplacian is built over another axis.",
        here="As printed: each colour channel filtered on its own, with mirrored borders.",
        effect="0.2 HFEN is 2.6 % of L1 instead of 0.06 % (released weights, 32 patches): the term is active here.",
        switch="search.hfen, retrain.hfen: released",
    ),
    Deviation(
        paper="Not stated which epoch is reported.",
        release="The epoch with the best Set5 PSNR: 912 of 1,000 for ×2, 845 for DLSR-b, 523 of 700 for DLSR-S.",
        here="The last step: no selection on a test set.",
        effect="Lower here, by as much as selection on the test set adds.",
        switch="retrain.keep: best_on_Set5",
    ),
    Deviation(
        paper="Appendix A: genotypes after 5e4, 1e5 and 1.5e5 steps too.",
        release="",
        here="The genotype of the last step.",
        effect="None on the main network; the earlier ones can be derived from the history.",
        switch="sr genotype --step N",
    ),
    Deviation(
        paper="No gradient clipping.",
        release="Clipping at 50 in retraining.",
        here="None.",
        effect="Small after the first steps.",
        switch="retrain.grad_clip",
    ),
    Deviation(
        paper="Range of pixel values not stated.",
        release="0..255.",
        here="Losses on 0..255; network.pixel_range scales only what the first layer sees.",
        effect="mu and gamma weigh against an L1 on 0..255; on 0..1 gamma would be 255 times stronger.",
        switch="network.pixel_range",
    ),
    Deviation(
        paper="Eq. 6 as printed has the wrong sign before its second term.",
        release="The gradient of L_tr + lambda L_val (MiLeNAS).",
        here="As the release.",
        effect="The printed sign would maximise the validation loss.",
        switch="search.lambda_train, search.lambda_val",
    ),
    Deviation(
        paper="Eq. 2 and 3: two inputs are kept of 1 to 5 earlier ones; 87,480 architectures.",
        release="",
        here="The two strongest inputs are kept and beta is dropped; retraining absorbs the weights of eq. 2.",
        effect="The space has 131,220 architectures: keeping two of 2, 3, 4 and 5 inputs.",
    ),
    Deviation(
        paper="DLSR-S: narrow network, settings not stated.",
        release="18 channels, 700 epochs at 4e-4.",
        here="The settings of the main network at fewer channels.",
        effect="DLSR-S here is not trained as the released one.",
        switch="variants.dlsr_s",
    ),
    Deviation(
        paper="DLSR-B (Table 5) has the size of DLSR: its cell differs too.",
        release="The genotype rfdn_soft1 {sep3, sep5, sep7} as a chain has that size.",
        here="A search without beta: a chain without 1x1 convolutions before the cells; the size is not held.",
        effect="Table 5 mixes wiring and cell; sizes of the two arms differ here.",
        switch="variants.dlsr_b",
    ),
    Deviation(
        paper="How patches are drawn is not stated.",
        release="",
        here="Patches drawn with replacement.",
        effect="None expected over so many steps.",
    ),
    Deviation(
        paper="Counter of Mult-Adds not named.",
        release="thop: Conv2d with bias, and one for each value of a LeakyReLU.",
        here="Conv2d weights; claims on DLSR are judged by thop's rule.",
        effect="1.2 % fewer G in the tables: 67.3 / 30.5 / 17.7.",
    ),
    Deviation(
        paper="Border crop not stated.",
        release="4 pixels.",
        here="Claims are judged at 4 pixels; other crops are shown beside.",
        effect="Set14 ×2 33.67 instead of 33.63 with a crop of 2.",
        switch="evaluate.crop_border",
    ),
)
