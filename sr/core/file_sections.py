"""The whole of params.yaml: the keys for all methods, the section of a method, its variants and repetitions."""

from typing import Any, Literal

from pydantic import Field

from sr.core.bounds import (
    Count,
    Datasets,
    Methods,
    Percent,
    PresetName,
    Scales,
    Seed,
    Seeds,
    TrainedScales,
    VariantName,
)
from sr.core.formats import Document
from sr.core.sections import Data, Evaluate, Retrain, Search


class RepeatedSearch(Search):
    """The section ``search``: the search, and how often to repeat it."""

    seeds: Seeds = Field(
        description="seeds from which to repeat the whole search, the run's own among them; the others become models "
        "<method>_seed<N>; [] searches from the run's seed alone"
    )
    seed_scales: Scales = Field(description="scales to retrain and evaluate after the search from each further seed")


class RepeatedRetrain(Retrain):
    """The section ``retrain``: the training, and how often to repeat it."""

    seeds: Seeds = Field(
        description="seeds from which to repeat the training alone, with the same genotype, the run's own among them; "
        "the others become models <method>_retrain<N>; [] trains from the run's seed alone"
    )
    seed_scales: Scales = Field(description="scales to retrain and evaluate from each further seed of the training")


class VariantRepeats(Document):
    """The keys about repetitions in a variant's ``search`` or ``retrain``, where they may be left out."""

    seeds: Seeds | None = Field(default=None, description="seeds from which to repeat it, the variant's own among them")
    seed_scales: Scales | None = Field(
        default=None, description="scales to retrain and evaluate from each further seed"
    )


class RandomGenotypes(Document):
    """Genotypes drawn from the method's own space: each choice keeps options at random, all with the same chance."""

    draws: Count = Field(
        description="how many genotypes to draw and to retrain, each with a seed of its own; from the second on they "
        "become models <variant>_draw<N>"
    )
    like: str | None = Field(
        default=None,
        description="model whose size each draw must have, or that of the mean over its searches; without it any size",
    )
    by: Literal["params", "mult_adds", "latency"] = Field(
        default="params",
        description="measure of size, at x2; latency is by the table that limited the search of random.like",
    )
    within: Percent = Field(default=10, description="largest difference of size in %")


class Variant(Document):
    """What a variant changes; its sections are checked after the change."""

    seed: Seed | None = Field(default=None, description="seed of every random draw")
    scales: Scales | None = Field(default=None, description="scales to retrain and evaluate")
    genotype_of: str | None = Field(
        None, description="model whose search gives the genotype; without it the variant has its own search"
    )
    genotype: dict[str, Any] | None = Field(
        default=None, description="parts of the genotype that replace what the search, the file or the draw gives"
    )
    random: RandomGenotypes | None = Field(default=None, description="genotypes drawn at random")
    scrutiny: bool = Field(default=False, description="make this variant only if scrutiny.run is true")
    train: Datasets | None = Field(default=None, description="training sets")
    network: dict[str, Any] | None = Field(default=None, description="keys of network to change")
    search: dict[str, Any] | None = Field(default=None, description="keys of search to change")
    retrain: dict[str, Any] | None = Field(default=None, description="keys of retrain to change")


class MethodSection(Document):
    """Section of one method; ``network`` is declared by the method itself."""

    train: Datasets = Field(
        description="training sets, concatenated in this order; names from data/sources.yaml or data.folders"
    )
    network: Document = Field(description="sizes of the network")
    search: RepeatedSearch = Field(description="search for the genotype, on x2")
    retrain: RepeatedRetrain = Field(description="retraining of the network that the genotype describes")
    variants: dict[VariantName, Variant] = Field(
        description="more models of this method, by name, each with what it changes of the sections above"
    )


class ScrutinyArms(Document):
    """What a run makes to tell what its searches are worth."""

    run: bool = Field(
        default=False,
        description="make the variants marked scrutiny, and repeat everything else from the seeds below",
    )
    seeds: Seeds = Field(
        default=[], description="further seeds of every search, and of every training whose genotype is given"
    )
    latency: bool = Field(
        default=False,
        description="time every network at x2, not only the main ones of the methods",
    )


class Common(Document):
    """The keys that concern all methods."""

    preset: PresetName = Field(description="name printed with every result")
    seed: Seed = Field(description="seed of every random draw")
    device: Literal["auto", "cpu", "cuda"] = Field(
        description="where to compute; auto takes a GPU if there is one. Every result records which device ran, and "
        "changing this reruns nothing"
    )
    methods: Methods = Field(description="papers to reproduce")
    scales: TrainedScales = Field(
        description="scales to retrain and evaluate; 2 must be among them, because 3 and 4 start from its weights"
    )
    data: Data = Field(description="data sets, released weights and other networks")
    evaluate: Evaluate = Field(description="benchmark protocol")
    scrutiny: ScrutinyArms = Field(
        default=ScrutinyArms(), description="arms that tell what the searches are worth, none unless run is true"
    )
