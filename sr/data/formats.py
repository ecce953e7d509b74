"""File formats of data sets: the registry data/sources.yaml, manifests, and the index of packed images."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, RootModel, model_validator

from sr.core.formats import Document

Text = Annotated[str, Field(min_length=1)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
# The last part of an archive's address becomes a file name.
ArchiveUrl = Annotated[str, Field(pattern=r"^https?://[^\s]+/[A-Za-z0-9][A-Za-z0-9_.-]*$")]
ArchiveFolder = Annotated[str, Field(pattern=r"^[^/.\\][^\\\x00-\x1f]*[^/]$")]
Suffix = Annotated[str, Field(pattern=r"^\.[a-z]+$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
ContentDigest = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
DatasetName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
FileName = Annotated[str, Field(pattern=r"^[^/\\]+$")]
Positive = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]


class Download(Document):
    """An archive that holds a set."""

    url: ArchiveUrl = Field(description="address of a zip or tar file; its last part names the local copy")
    bytes: Positive | None = Field(
        None,
        description="size of the archive; the disk must have room for it, and a download of another size is rejected",
    )
    checksum: str = Field(
        pattern=r"^(sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}|unpublished)$",
        description="checksum of the archive, prefixed with its algorithm, or unpublished",
    )
    folder: ArchiveFolder | None = Field(None, description="folder of the images in this archive, if it differs")

    @property
    def published(self) -> str | None:
        """Return the checksum, or None if the publisher gave none."""
        return None if self.checksum == "unpublished" else self.checksum


class Entry(Document):
    """What the registry says about every set."""

    home: Url = Field(description="home page")
    licence: Text = Field(description="terms of use")
    count: Positive = Field(description="number of images")


class FolderEntry(Entry):
    """A set that is a folder of images."""

    digest: ContentDigest | None = Field(
        None, description="content digest of the decoded images, the same for every container and copy"
    )
    pitfall: Text = Field(
        "files are missing, or the folder contains others",
        description="likely reason for a wrong count, shown with the error",
    )


class Archive(FolderEntry):
    """A set to download."""

    kind: Literal["archive"] = Field(description="downloaded")
    suffixes: list[Suffix] = Field(min_length=1, description="lower-case suffixes of the images in the archive")
    folder: ArchiveFolder = Field(description="folder of the images in the archive; a download may have its own")
    downloads: list[Download] = Field(
        min_length=1, description="archives that hold the set, tried in this order; the first is the publisher's own"
    )


class Package(Entry):
    """A set inside an installed Python package."""

    kind: Literal["package"] = Field(description="part of an installed package")
    package: str = Field(pattern=r"^[a-z_.]+$", description="importable package whose folder holds the files")
    requirement: str = Field(pattern=r"^[A-Za-z0-9_-]+==[0-9.]+$", description="release that contains these files")
    files: dict[FileName, Sha256] = Field(min_length=1, description="SHA-256 of each file, in the order of the set")

    @model_validator(mode="after")
    def _check_count(self) -> Self:
        if self.count != len(self.files):
            raise ValueError(f"count is {self.count}, but {len(self.files)} files are listed")
        return self


class Manual(FolderEntry):
    """A set that users must obtain themselves."""

    kind: Literal["manual"] = Field(description="obtained by hand")
    instructions: Text = Field(description="how to get the images, shown when no folder is given")


class Row(Document):
    """A row of a table in a paper, as in data/published.csv."""

    paper: Text = Field(description="paper, as in data/published.csv")
    table: Text = Field(description="number of the table")
    method: Text = Field(description="label of the row")


class Weights(Document):
    """A checkpoint that the authors of a method released; it is recognised by its digest alone."""

    kind: Literal["weights"] = Field(description="weights of a trained network")
    home: Url = Field(description="home page")
    licence: Text = Field(description="terms of use")
    method: str = Field(pattern="^[a-z][a-z0-9_]*$", description="method of this project that it is a network of")
    scale: int = Field(ge=2, le=4, description="upscaling factor")
    row: Row = Field(description="printed row that it is evidence for")
    crop_border: Count = Field(description="border crop of the printed row, in pixels")
    genotype: dict[str, Any] = Field(description="its wiring, which the tensors do not say")
    sha256: Sha256 = Field(description="SHA-256 of the file")
    bytes: Positive = Field(description="size of the file")
    urls: list[ArchiveUrl] = Field(min_length=1, description="addresses of the file, tried in this order")


class Registry(
    RootModel[dict[DatasetName, Annotated[Archive | Package | Manual | Weights, Field(discriminator="kind")]]]
):
    """data/sources.yaml: the known sets and released weights by name."""


class ArchiveRecord(Document):
    """An archive whose checksum is unpublished, as it was downloaded."""

    url: ArchiveUrl
    sha256: Sha256


class ManifestImage(Document):
    """One image file of a set, and its size in pixels."""

    name: Text
    file: Text
    bytes: Count
    sha256: Sha256
    height: Positive
    width: Positive


class Manifest(Document):
    """data/manifests/<set>.json: the identity of a set, without paths or times: equal on every machine."""

    set: DatasetName
    count: Positive
    licence: Text
    digest: ContentDigest
    archive: ArchiveRecord | None = None
    images: list[ManifestImage]

    @model_validator(mode="after")
    def _check_count(self) -> Self:
        if self.count != len(self.images):
            raise ValueError(f"count is {self.count}, but {len(self.images)} images are listed")
        return self


class Lookalike(Document):
    """A test image, as SET/IMAGE, the training image that it looks like, and the distance of their hashes in bits."""

    test: Text
    train: Text
    distance: Count


class Inspection(Document):
    """data/inspection.json: the sets that train and test in a run, and test images that look like a training image."""

    train: list[Text]
    test: list[Text]
    lookalikes: list[Lookalike]


class PackedImage(Document):
    """One image of a packed set; ``offset`` is the index of its first value in the array."""

    name: Text
    height: Positive
    width: Positive
    offset: Count

    @property
    def end(self) -> int:
        """Return the index after its last value."""
        return self.offset + self.height * self.width * 3


class PackIndex(Document):
    """data/packed/<set>/hr.json or x<scale>.json: the images in the array of that name, without gaps.

    ``digest`` is the content digest of the set's HR images; ``bytes`` is the length of the array.
    """

    set: Text
    digest: Text
    bytes: Count
    images: list[PackedImage]

    @model_validator(mode="after")
    def _check_offsets(self) -> Self:
        starts = [*(image.offset for image in self.images), self.bytes]
        ends = [0, *(image.end for image in self.images)]
        if starts != ends:
            raise ValueError("offsets and sizes of the images do not match")
        return self
