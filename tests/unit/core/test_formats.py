"""Reports of violations: one line with the key, what is wrong, and what is allowed."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from sr.core import formats
from sr.core.errors import UserError
from sr.core.formats import WHOLE, Document


class Circle(Document):
    """A shape."""

    kind: Literal["circle"]
    radius: float = Field(gt=0, description="in pixels")


class Square(Document):
    """Another."""

    kind: Literal["square"]
    side: Annotated[Literal[1, 2], WHOLE] = Field(description="in cells")


class Drawing(Document):
    """A file."""

    name: str = Field(pattern="^[a-z]+$", description="of the drawing")
    shapes: list[Annotated[Circle | Square, Field(discriminator="kind")]] = Field(description="back to front")
    widths: dict[Annotated[str, Field(pattern="^[a-z]$")], float] = Field(description="of lines, by letter")


VALID: dict[str, Any] = {
    "name": "a",
    "shapes": [{"kind": "circle", "radius": 1.5}, {"kind": "square", "side": 2}],
    "widths": {"x": 1.0},
}


@pytest.mark.parametrize("read", [formats.parse, formats.check], ids=["JSON", "YAML"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nam": 1}, r"f: \(top level\): unknown key 'nam'; did you mean 'name'\?"),
        ({"x": 1}, r"f: \(top level\): unknown key 'x'; known keys: name, shapes, widths"),
        ({"name": None}, r"f: name: null: input should be a valid string \(of the drawing\)"),
        ({"name": "A"}, r"f: name: \"A\": string should match pattern '\^\[a-z\]\+\$' \(of the drawing\)"),
        ({"shapes": 3}, r"f: shapes: 3: input should be a valid (list|array) \(back to front\)"),
        ({"shapes": [{"kind": "circle"}]}, r"f: shapes\.0: key 'radius' is missing"),
        ({"shapes": [{"kind": "circle", "radius": 0}]}, r"f: shapes\.0\.radius: 0: .* greater than 0 \(in pixels\)"),
        (
            {"shapes": [{"kind": "circle", "radius": "1e-4"}]},
            r"f: shapes\.0\.radius: \"1e-4\": .*write 1\.0e-4",
        ),
        ({"shapes": [{"kind": "circle", "radius": float("nan")}]}, r"f: shapes\.0\.radius: NaN: .*finite number"),
        ({"shapes": [{"kind": "square", "sides": 1}]}, r"f: shapes\.0: unknown key 'sides'; did you mean 'side'\?"),
        ({"shapes": [{"kind": "square", "side": 2.0}]}, r"f: shapes\.0\.side: 2\.0: input should be a valid integer"),
        ({"shapes": [{"kind": "square", "side": True}]}, r"f: shapes\.0\.side: true: input should be a valid integer"),
        ({"widths": {"x": "1"}}, r"f: widths\.x: \"1\": input should be a valid number.* \(of lines, by letter\)"),
        ({"widths": {"xy": 1.0}}, r"f: widths\.xy: \"xy\": string should match pattern .* \(of lines, by letter\)"),
    ],
)
def test_a_violation_is_one_line(read: Any, change: dict[str, Any], message: str) -> None:
    assert read(VALID, Drawing, "f").shapes[1].side == 2
    with pytest.raises(UserError, match=message) as error:
        read(VALID | change, Drawing, "f")
    assert "\n" not in str(error.value)


def test_the_remedy_ends_the_line_and_the_prefix_begins_the_key() -> None:
    with pytest.raises(UserError, match=r"^f: a\.b\.name: 1: .*\(of the drawing\)\. Draw again$"):
        formats.parse(VALID | {"name": 1}, Drawing, "f", "Draw again", prefix="a.b")
